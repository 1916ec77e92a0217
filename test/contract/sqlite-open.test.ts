import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { FailureCode } from '../../src/core/failures';
import { tryTakeApplyLock } from '../../src/sinks/apply-lock';
import { refuseSharedFileSystem } from '../../src/sinks/file-system-check';
import { renewHostLease } from '../../src/sinks/host-lease';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { openDatabase } from '../../src/sinks/sqlite-open';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { MEANING, PIPELINE } from './sink-driver';

const folder = mkdtempSync(join(tmpdir(), 'tallyline-open-'));
afterAll(() => rmSync(folder, { recursive: true }));
let databases = 0;
/** Matches what was thrown by its code, and by a word of its fact. */
function failure(code: FailureCode, word = ''): Error {
  return expect.objectContaining({ code, fact: expect.stringContaining(word) }) as Error;
}

const freshPath = () => join(folder, `${(databases += 1)}`, 'tallyline.db');

test('the file is its owner’s alone, in WAL mode, and every commit is synced', () => {
  const path = freshPath();
  const { writer, reader } = openDatabase({ path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(writer.pragma('journal_mode')).toBe('wal');
  expect(writer.pragma('synchronous')).toBe(2n);
  expect(() => reader.execute('DELETE FROM file_rows')).toThrow(/readonly/);
  const loose = writer.all(
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0`,
  );
  expect(loose).toEqual([]);
  reader.close();
  writer.close();
});

test('what is stored is there after it is opened again', async () => {
  const path = freshPath();
  for (const expected of [null, MEANING.meaning]) {
    const sink = new LedgerSink(SqliteStore.open({ path }));
    expect((await sink.readPipeline(PIPELINE))?.meaning ?? null).toBe(expected);
    await sink.ensurePipeline(MEANING);
    await sink.close();
  }
});

test('a database of a newer schema is refused', () => {
  const path = freshPath();
  const { writer, reader } = openDatabase({ path });
  writer.execute('PRAGMA user_version = 99');
  reader.close();
  writer.close();
  expect(() => openDatabase({ path })).toThrow(failure('sink_refused'));
});

test('a path that cannot be written, or is no database, is unavailable', () => {
  expect(() => openDatabase({ path: join(__filename, 'tallyline.db') })).toThrow(failure('sink_unavailable'));
  expect(() => openDatabase({ path: __filename.replace(/[^/]*$/, '') })).toThrow(failure('sink_unavailable'));
  expect(() => openDatabase({ path: join(__filename, 'tallyline.db'), mustExist: true })).toThrow(failure('sink_unavailable'));
});

test('a database that must exist is not created where there is none, nor where another process has only begun to', () => {
  const path = freshPath();
  const refused = failure('sink_unavailable', `there is no database at ${path}`);
  expect(() => openDatabase({ path, mustExist: true })).toThrow(refused);
  expect(existsSync(dirname(path))).toBe(false);
  mkdirSync(dirname(path));
  writeFileSync(path, '');
  expect(() => openDatabase({ path, mustExist: true })).toThrow(refused);
  expect(statSync(path).size).toBe(0);
  for (const mustExist of [false, true]) {
    const { writer, reader } = openDatabase({ path, mustExist });
    reader.close();
    writer.close();
  }
});

test('a database that another connection keeps locked is unavailable after its timeout, and usable afterwards', async () => {
  const path = freshPath();
  const sink = new LedgerSink(SqliteStore.open({ path, busyTimeoutMs: 1 }));
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');
  await expect(sink.ensurePipeline(MEANING)).rejects.toMatchObject({ code: 'sink_unavailable' });
  other.exec('ROLLBACK');
  other.close();
  await expect(sink.ensurePipeline(MEANING)).resolves.toMatchObject({ pipeline: PIPELINE });
  await sink.close();
});

test.each([
  [0x6969, 'NFS'],
  [-0xacb2be, 'CIFS'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
])('a folder on a file system with magic %d is refused', (magic, name) => {
  expect(() => refuseSharedFileSystem('/data', () => magic)).toThrow(failure('sink_refused', name));
  expect(() => refuseSharedFileSystem('/data', () => 0xef53)).not.toThrow();
});

test('a database that another host used within the last minute is refused, and later taken over', () => {
  const path = freshPath();
  const { writer, reader } = openDatabase({ path, hostname: 'here' });
  const nowMs = Date.now();
  expect(() => openDatabase({ path, hostname: 'there' })).toThrow(failure('sink_refused', 'here'));
  expect(() => renewHostLease(writer, 'there', nowMs + 59_000)).toThrow(failure('sink_refused'));
  expect(() => renewHostLease(writer, 'here', nowMs + 59_000)).not.toThrow();
  expect(() => renewHostLease(writer, 'there', nowMs + 120_001)).not.toThrow();
  reader.close();
  writer.close();
});

test('one takes the apply role at a time, and it is free again after a release', () => {
  const path = join(folder, 'lock.db');
  const lock = tryTakeApplyLock(path);
  expect(lock).not.toBeNull();
  expect(tryTakeApplyLock(path)).toBeNull();
  lock?.release();
  lock?.release();
  const next = tryTakeApplyLock(path);
  expect(next).not.toBeNull();
  next?.release();
});

describe('with processes of their own (built code)', () => {
  const script = join(__dirname, '..', 'helpers', 'sink-process.cjs');

  test('the apply role dies with its process', async () => {
    const path = join(folder, 'lock-of-process.db');
    const child = fork(script, ['lock', path]);
    await new Promise((resolve) => child.once('message', resolve));
    expect(tryTakeApplyLock(path)).toBeNull();
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    const lock = tryTakeApplyLock(path);
    expect(lock).not.toBeNull();
    lock?.release();
  });

  test('processes that open one fresh database at once all succeed', async () => {
    const path = freshPath();
    const children = Array.from({ length: 3 }, () => fork(script, ['open', path]));
    const codes = await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
    expect(codes).toEqual([0, 0, 0]);
  });
});
