/** The sink is restored from a backup that was taken in the middle of a run, while Temporal goes on with what it remembers. */
import { execFile } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { eventually } from '../helpers/eventually';
import { postgresProgram } from '../helpers/postgres-binaries';
import { PostgresServer } from '../helpers/postgres-server';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const MIB = 1024 * 1024;
const SLOW = { worker: { readBytesPerSecond: 2 * MIB }, pipeline: { splitBytes: MIB, checkpoint: { bytes: MIB / 4, interval: '100ms' } } };
const run = promisify(execFile);

let server: PostgresServer;
let bed: TestBed;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());
afterEach(() => bed.destroy());

interface Backup {
  take(): Promise<void>;
  restore(): Promise<void>;
}

function ofSqlite(): Backup {
  const path = join(bed.folder, 'tallyline.db');
  const copy = join(bed.folder, 'backup.db');
  return {
    take: async () => {
      const database = new Database(path, { readonly: true });
      await database.backup(copy);
      database.close();
    },
    restore: async () => {
      for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true });
      await copyFile(copy, path);
    },
  };
}

function ofPostgres(schema: string): Backup {
  const dump = join(bed.folder, 'backup.sql');
  const connection = ['--host', '127.0.0.1', '--port', String(server.port), '--username', server.options().user, '--dbname', 'postgres'];
  return {
    take: async () => {
      await run(postgresProgram('pg_dump'), [...connection, '--schema', schema, '--file', dump], { timeout: 60_000 });
    },
    restore: async () => {
      await server.query(`DROP SCHEMA ${schema} CASCADE`);
      await run('psql', [...connection, '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', dump], { timeout: 60_000 });
    },
  };
}

test.each(['sqlite', 'postgres'] as const)(
  '%s: totals are exact after the next scans, and what the source has no more is listed as left out',
  async (kind) => {
    const postgres = server.options();
    bed = await TestBed.create({ ...SLOW, ...(kind === 'postgres' && { postgres }) });
    const backup = kind === 'postgres' ? ofPostgres(postgres.schema) : ofSqlite();
    const truth: Truth = new Map();
    for (let index = 0; index < 4; index += 1) await writeSample(bed.incoming, `f${index}.txt`, { seed: index, lines: 500 }, truth);
    const worker = await bed.startWorker();
    await bed.scan();
    await bed.untilDone(4);
    await writeSample(bed.incoming, 'large.txt', { seed: 8, lines: 150_000 }, truth);
    await writeSample(bed.incoming, 'gone.txt', { seed: 9, lines: 150_000 }, new Map());
    await bed.startScan();
    await eventually('two files that are counted', async () => (await bed.files(['counting'])).length === 2);
    await backup.take();
    await bed.untilDone(6);
    for (let index = 4; index < 6; index += 1) await writeSample(bed.incoming, `f${index}.txt`, { seed: index, lines: 500 }, truth);
    await bed.scan();
    await bed.untilDone(8);
    const before = await bed.sink.readPipeline(PIPELINE);

    // On one of the two in the middle of what Temporal has under way, on the other when it has nothing.
    if (kind === 'postgres') await eventually('workflows that ended', async () => (await bed.runningWorkflows()).length === 0);
    await worker.kill('SIGKILL');
    await bed.sink.close();
    await rm(join(bed.incoming, 'gone.txt'));
    await backup.restore();
    await bed.reopenSink();
    await bed.sink.markRestored({ pipeline: PIPELINE, by: 'alice', reason: 'a test', nowMs: Date.now() });
    await bed.startWorker();
    // A workflow that had not heard of its end when the worker was killed keeps the next scan from starting its file, and the one after starts it.
    await eventually('scans that leave nothing', async () => {
      await bed.scan();
      const rows = await bed.files();
      return rows.length === 8 && rows.every(({ state }) => !['seen', 'counting', 'counted'].includes(state));
    });

    expect(await bed.sums()).toEqual(truth);
    const { leftOut, pipeline } = await bed.sink.readStatus({ pipeline: PIPELINE });
    expect(leftOut).toMatchObject([{ state: 'quarantined', reason: 'vanished', files: 1 }]);
    expect(pipeline.ledgerId).not.toBe(before?.ledgerId);
    expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  },
  120_000,
);
