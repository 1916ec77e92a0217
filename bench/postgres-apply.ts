/**
 * What an apply costs on Postgres: 100 files of 10,000 keys, all different, against a bare COPY and one INSERT … ON CONFLICT of the
 * same merged rows into a table of the same shape. Both end with a commit. Each pair stands on an empty schema of its own, and a
 * speed is printed only after the totals were compared. `node bench/run.js postgres-apply [pairs]`
 */
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { DEFAULT_POLICIES } from '../src/core/policies';
import { LedgerSink } from '../src/sinks/ledger-sink';
import { CopyWriter } from '../src/sinks/postgres-copy-writer';
import { PostgresStore } from '../src/sinks/postgres-store';
import { MEANING, PIPELINE, SinkDriver, testFile } from '../test/contract/sink-driver';
import { countedContent, type Line } from '../test/helpers/counted-content';
import { PostgresServer } from '../test/helpers/postgres-server';

const FILES = 100;
const KEYS_PER_FILE = 10_000;
const ROWS = FILES * KEYS_PER_FILE;
const PAIRS = Number(process.argv[3] ?? 5);

const keyOf = (index: number) => `customer-${String((index * 7919) % ROWS).padStart(7, '0')}`;
const valueOf = (index: number) => BigInt(index % 100_000);

async function main(): Promise<void> {
  const server = await PostgresServer.start({ shared_buffers: '512MB', max_wal_size: '8GB' });
  const files = Array.from({ length: FILES }, (_, file) => {
    const lines = Array.from({ length: KEYS_PER_FILE }, (__, key): Line => {
      const index = file * KEYS_PER_FILE + key;
      return [keyOf(index), valueOf(index)];
    });
    return testFile(`f${file}`, countedContent(lines));
  });
  const pairs: { apply: number; bare: number }[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const { schema, ...options } = server.options();
    const store = await PostgresStore.open({ ...options, schema });
    const driver = new SinkDriver(new LedgerSink(store), { ...DEFAULT_POLICIES, duplicateContent: 'count' });
    await driver.sink.ensurePipeline(MEANING);
    await driver.register(...files);
    for (const file of files) await driver.count(file);
    const applying = () => measure(() => driver.apply());
    const baring = () => measure(() => insertBare(server, schema));
    // Whoever comes second finds a warmer cache.
    const [apply, bare] = pair % 2 === 0 ? [await applying(), await baring()] : (await inReverse(applying, baring)).reverse();
    await compare(server, schema);
    pairs.push({ apply: apply ?? 0, bare: bare ?? 0 });
    process.stdout.write(`pair ${pair + 1}: apply ${show(apply)}, bare ${show(bare)}\n`);
    await store.close();
    await server.query(`DROP SCHEMA ${schema} CASCADE`);
  }
  await server.remove();
  const [apply, bare, ratio] = [
    median(pairs.map((pair) => pair.apply)),
    median(pairs.map((pair) => pair.bare)),
    median(pairs.map((pair) => pair.bare / pair.apply)),
  ];
  process.stdout.write(
    `medians of ${PAIRS}: apply ${show(apply)}, bare ${show(bare)}; apply runs at ${ratio.toFixed(2)} of the bare rate\n`,
  );
}

async function inReverse(first: () => Promise<number>, second: () => Promise<number>): Promise<number[]> {
  const late = await second();
  return [late, await first()];
}

/** The floor: the rows are merged already, and nothing but totals is written. */
async function insertBare(server: PostgresServer, schema: string): Promise<void> {
  const client = new Client({ host: '127.0.0.1', port: server.port, user: 'tallyline', database: 'postgres' });
  await client.connect();
  await client.query(`CREATE TABLE ${schema}.bare (LIKE ${schema}.totals_rows INCLUDING ALL)`);
  await client.query('BEGIN');
  await client.query(`CREATE TEMP TABLE given (LIKE ${schema}.totals_rows) ON COMMIT DROP`);
  const copy = new CopyWriter();
  for (let index = 0; index < ROWS; index += 1) {
    copy.row(6);
    copy.text(PIPELINE);
    copy.text('');
    copy.blob(Buffer.from(keyOf(index)));
    copy.text('');
    copy.bigint(valueOf(index));
    copy.bigint(1n);
  }
  await pipeline(Readable.from(copy.end(), { objectMode: false }), client.query(from('COPY given FROM STDIN (FORMAT binary)')));
  await client.query(`INSERT INTO ${schema}.bare AS total SELECT * FROM given ON CONFLICT (pipeline, period, key, adjusts)
    DO UPDATE SET sum = total.sum + excluded.sum, count = total.count + excluded.count`);
  await client.query('COMMIT');
  await client.end();
}

/** Throws when either has other rows than the other, or than the files hold. */
async function compare(server: PostgresServer, schema: string): Promise<void> {
  const truth = Array.from({ length: ROWS }, (_, index) => valueOf(index)).reduce((sum, value) => sum + value, 0n);
  const [row] = await server.query(`SELECT count(*)::int AS rows, sum(sum)::text AS sum,
    (SELECT count(*)::int FROM (SELECT * FROM ${schema}.totals_rows EXCEPT SELECT * FROM ${schema}.bare) AS other) AS other FROM ${schema}.totals_rows`);
  const found = JSON.stringify(row);
  if (found !== JSON.stringify({ rows: ROWS, sum: String(truth), other: 0 }))
    throw new Error(`the totals are wrong: ${found}, sum ${truth}`);
}

async function measure(work: () => Promise<unknown>): Promise<number> {
  const startedAt = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - startedAt) / 1e9;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;
}

function show(seconds = 0): string {
  return `${seconds.toFixed(2)} s (${Math.round(ROWS / seconds).toLocaleString('en')} rows/s)`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
