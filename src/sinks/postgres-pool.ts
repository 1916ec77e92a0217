/** Connections to the one server of a list that takes writes, each handed out within a transaction that was begun. */
import { Pool } from 'pg';
import { TallylineFailure } from '../core/failures';
import {
  POSTGRES_ANSWER_GRACE_MS,
  POSTGRES_CONNECT_TIMEOUT_MS,
  POSTGRES_CONNECTION_LIFETIME_S,
  POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  POSTGRES_IDLE_TIMEOUT_MS,
  POSTGRES_KEEP_ALIVE_MS,
  POSTGRES_LOCK_TIMEOUT_MS,
  POSTGRES_STATEMENT_TIMEOUT_MS,
} from '../core/limits';
import { PostgresConnection, type TransactionMode } from './postgres-connection';
import { translatePostgresError } from './postgres-failure';
import { quoteSchema, readPassword, showHost, tlsOf, type PostgresHost, type PostgresSinkOptions } from './postgres-options';
import { judgeServer } from './postgres-judge';

const APPLICATION_NAME = 'tallyline';
/** Two statements of a `look` see the same; those of a `change` see what was committed before each, and lock what they decide on. */
const BEGIN: Readonly<Record<TransactionMode, string>> = {
  change: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  look: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
};

/**
 * An index takes 2,704 bytes, compressed. A sourceKey of 1,024 bytes that all are escaped has 4,096, which `pglz` brings below that and `lz4`
 * does not. Servers before version 14 have no other and no such setting.
 */
const KEYS_FIT_AN_INDEX = `CASE WHEN current_setting('default_toast_compression', true) IS NOT NULL
  THEN set_config('default_toast_compression', 'pglz', true) END`;

interface Server {
  readonly place: string;
  readonly pool: Pool;
}

export class PostgresPool {
  private readonly servers: readonly Server[];
  private readonly settings: string;
  /** The one that was last found to be the primary. */
  private preferred = 0;

  constructor(options: PostgresSinkOptions) {
    this.servers = options.hosts.map((host) => ({ place: showHost(host), pool: createPool(options, host) }));
    this.settings = settingsOf(options);
  }

  /** One round trip beside the connecting. Throws sink_refused, or sink_unavailable when no primary answers. */
  async begin(mode: TransactionMode): Promise<PostgresConnection> {
    const faults: TallylineFailure[] = [];
    for (let turn = 0; turn < this.servers.length; turn += 1) {
      const index = (this.preferred + turn) % this.servers.length;
      const server = this.servers[index];
      if (server === undefined) break;
      try {
        const connection = await this.beginAt(server, mode);
        this.preferred = index;
        return connection;
      } catch (error) {
        const fault = translatePostgresError(error, server.place);
        if (fault.code !== 'sink_unavailable') throw fault;
        faults.push(fault);
      }
    }
    const [only] = faults;
    if (faults.length === 1 && only !== undefined) throw only;
    throw new TallylineFailure('sink_unavailable', `no primary answers: ${faults.map(({ fact }) => fact).join('; ')}`, { cause: only });
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.map(({ pool }) => pool.end()));
  }

  /** A connection that lay idle may have died since, which shows at its first use. Nothing is lost then: another one is taken. */
  private async beginAt(server: Server, mode: TransactionMode): Promise<PostgresConnection> {
    for (;;) {
      const mayBeStale = server.pool.idleCount > 0;
      const connection = new PostgresConnection(await server.pool.connect(), server.place, mode);
      try {
        const [row] = await connection.execute(`${BEGIN[mode]}; ${this.settings}`, POSTGRES_CONNECT_TIMEOUT_MS);
        judgeServer(row ?? {}, server.place, mode);
        return connection;
      } catch (error) {
        const isLost = connection.isLost;
        await connection.rollBack();
        if (!isLost || !mayBeStale) throw error;
      }
    }
  }
}

/**
 * Settings go with each transaction and none with the session, so that a pooler that shares sessions between clients can stand between.
 */
function settingsOf({ schema }: PostgresSinkOptions): string {
  return `SET LOCAL statement_timeout = ${POSTGRES_STATEMENT_TIMEOUT_MS};
    SET LOCAL lock_timeout = ${POSTGRES_LOCK_TIMEOUT_MS};
    SET LOCAL idle_in_transaction_session_timeout = ${POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_MS};
    SET LOCAL search_path = ${quoteSchema(schema)}, pg_temp;
    SELECT pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only') AS "readOnly",
      current_setting('fsync') AS "fsync", current_setting('full_page_writes') AS "fullPageWrites",
      current_setting('synchronous_commit') AS "synchronousCommit", current_setting('server_version_num')::int AS "version",
      current_setting('server_encoding') AS "encoding", ${KEYS_FIT_AN_INDEX} AS "compression"`;
}

function createPool(options: PostgresSinkOptions, { host, port }: PostgresHost): Pool {
  const pool = new Pool({
    host,
    port,
    database: options.database,
    user: options.user,
    password: () => readPassword(options) as string,
    ssl: tlsOf(options, { host, port }),
    application_name: APPLICATION_NAME,
    max: options.connections,
    connectionTimeoutMillis: POSTGRES_CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: POSTGRES_IDLE_TIMEOUT_MS,
    maxLifetimeSeconds: POSTGRES_CONNECTION_LIFETIME_S,
    query_timeout: POSTGRES_STATEMENT_TIMEOUT_MS + POSTGRES_ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: POSTGRES_KEEP_ALIVE_MS,
    allowExitOnIdle: true,
  });
  // An idle connection that ends is replaced when one is needed.
  pool.on('error', () => undefined);
  // The pool listens to idle connections and PostgresConnection to its own. One that ends in between, in the turn in which it is handed over,
  // would end the process; its first statement says that it is gone.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
