/** Opens a database file so that what it commits stays, or refuses it. */
import { closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { TallylineFailure } from '../core/failures';
import { INT64_MAX, INT64_MIN } from '../core/limits';
import { refuseSharedFileSystem } from './file-system-check';
import { renewHostLease } from './host-lease';
import { SqliteConnection, translateSqliteError } from './sqlite-connection';
import { migrate } from './sqlite-schema';

const OWNER_ONLY_MODE = 0o600;
const SYNCHRONOUS_FULL = 2;
const DEFAULT_BUSY_TIMEOUT_MS = 10_000;
/** Two processes that turn a fresh file to WAL at once do not wait for each other by themselves. */
const WAL_TRIES_MAX = 100;
const WAL_TRY_AGAIN_MS = 20;

export interface SqliteOpenOptions {
  readonly path: string;
  readonly busyTimeoutMs?: number;
  readonly mustExist?: boolean;
  /** Only tests take another than this machine's. */
  readonly hostname?: string;
}

interface OpenDatabase {
  readonly writer: SqliteConnection;
  readonly reader: SqliteConnection;
  readonly hostname: string;
}

/** Throws sink_refused or sink_unavailable. */
export function openDatabase(options: SqliteOpenOptions): OpenDatabase {
  const { path } = options;
  const host = options.hostname ?? hostname();
  if (options.mustExist === true) requireDatabase(path);
  else createFile(path);
  // The file itself may be a link to somewhere else.
  refuseSharedFileSystem(dirname(realpathSync(path)));
  const writer = connect(options);
  try {
    testIntegers(writer);
    migrate(writer);
    renewHostLease(writer, host, Date.now());
    const reader = connect(options);
    reader.execute('PRAGMA query_only = ON');
    return { writer, reader, hostname: host };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** An empty file is what another process that is creating the database has made of it so far. */
function requireDatabase(path: string): void {
  const found = reach(path, () => statSync(path, { throwIfNoEntry: false }));
  if (found !== undefined && found.size > 0) return;
  throw new TallylineFailure(
    'sink_unavailable',
    `there is no database at ${path}, so either nothing was counted under this configuration yet (\`tallyline up\` or \`tallyline setup\` ` +
      'creates it), or the path of the sink, the configuration or the working directory is not the one that counted',
  );
}

function createFile(path: string): void {
  reach(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a', OWNER_ONLY_MODE));
  });
}

function reach<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new TallylineFailure('sink_unavailable', `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function connect({ path, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS }: SqliteOpenOptions): SqliteConnection {
  const connection = new SqliteConnection(openFile(path, busyTimeoutMs), path);
  try {
    turnToWal(connection);
    connection.execute('PRAGMA synchronous = FULL');
    const synchronous = Number(connection.pragma('synchronous'));
    if (synchronous !== SYNCHRONOUS_FULL)
      throw new TallylineFailure('sink_refused', `${path} runs with synchronous=${synchronous} and not FULL`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function openFile(path: string, busyTimeoutMs: number): Database.Database {
  try {
    return new Database(path, { timeout: busyTimeoutMs });
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}

function turnToWal(connection: SqliteConnection): void {
  for (let tries = 1; ; tries += 1) {
    try {
      const mode = connection.pragma('journal_mode = WAL');
      if (mode === 'wal') return;
      throw new TallylineFailure('sink_refused', `${connection.path} runs with journal_mode=${String(mode)} and not WAL`);
    } catch (error) {
      const mayPass = error instanceof TallylineFailure && error.code === 'sink_unavailable' && tries < WAL_TRIES_MAX;
      if (!mayPass) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_TRY_AGAIN_MS);
    }
  }
}

/** What goes in comes out, also where a double would round. */
function testIntegers(connection: SqliteConnection): void {
  connection.execute('CREATE TEMP TABLE integer_test (value INTEGER NOT NULL) STRICT');
  for (const value of [2n ** 53n + 1n, INT64_MAX, INT64_MIN]) {
    connection.run('INSERT INTO integer_test VALUES (@value)', { value });
    const [row] = connection.all('SELECT value FROM integer_test');
    if (row?.['value'] !== value) throw new TallylineFailure('sink_refused', `this SQLite does not keep ${value}`);
    connection.execute('DELETE FROM integer_test');
  }
  connection.execute('DROP TABLE integer_test');
}
