/** The views for BI tools, as somebody reads them who may do nothing else. */
import { Client } from 'pg';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { countedContent } from '../helpers/counted-content';
import { PostgresServer } from '../helpers/postgres-server';
import { PIPELINE, MEANING, SinkDriver, testFile } from './sink-driver';

let server: PostgresServer;
let reader: Client;
beforeAll(async () => {
  server = await PostgresServer.start();
  const options = server.options();
  const store = await PostgresStore.open(options);
  const sink = new LedgerSink(store);
  const driver = new SinkDriver(sink, { ...DEFAULT_POLICIES, rejects: { maxCount: 5 } });
  await sink.ensurePipeline(MEANING);
  const lines = [
    ['a', 5n],
    ['b', 'x'],
    ['ä\\0', 7n],
    ['a', 1n],
  ] as const;
  await driver.take(testFile('first', countedContent(lines)));
  await driver.take(
    testFile(
      'second',
      countedContent([
        ['a', 10n],
        ['c', 'x'],
        ['c', 'x'],
      ]),
    ),
  );
  // A key of two fields, of which the second holds what hex might be taken for the NUL between them.
  await store.transaction(async ({ totals }) => {
    const key = Uint8Array.from([0x61, 0x10, 0x03, 0x00, 0x30, 0x30, 0x00]);
    await totals.stage('pairs', [
      { period: '2026-12', key, adjusts: '', sum: 2n ** 63n - 1n, count: 1n, ordinal: 0 },
      { period: '2026-12', key, adjusts: '2026-11', sum: 3n, count: -1n, ordinal: 0 },
      { period: '2026-12', key, adjusts: '2026-10', sum: 0n, count: 1n, ordinal: 0 },
    ]);
    await totals.mergeStaged('pairs');
    await totals.stage('bills~plan', [{ period: '', key, adjusts: '', sum: 1n, count: 1n, ordinal: 0 }]);
    await totals.mergeStaged('bills~plan');
  });
  await sink.close();
  await server.query('CREATE ROLE analyst LOGIN');
  await server.query(`GRANT USAGE ON SCHEMA ${options.schema} TO analyst`);
  for (const view of ['totals', 'adjustments', 'files', 'rejects', 'ledger'])
    await server.query(`GRANT SELECT ON ${options.schema}.${view} TO analyst`);
  reader = new Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'analyst',
    database: 'postgres',
    options: `-c search_path=${options.schema}`,
  });
  await reader.connect();
}, 60_000);
afterAll(async () => {
  await reader.end();
  await server.remove();
});

async function read(sql: string): Promise<readonly unknown[]> {
  return (await reader.query<Record<string, unknown>>(sql)).rows;
}

test('totals: a row a key, own and adjusting together, exact beyond 64 bits, plans left out', async () => {
  expect(await read('SELECT pipeline, period, key, sum::text, count::text FROM totals ORDER BY pipeline, key')).toEqual([
    { pipeline: PIPELINE, period: '', key: 'a', sum: '16', count: '3' },
    { pipeline: PIPELINE, period: '', key: 'ä\\0', sum: '7', count: '1' },
    { pipeline: 'pairs', period: '2026-12', key: 'a\u0010\u0003\t00\t', sum: '9223372036854775810', count: '1' },
  ]);
});

test('adjustments: what closed periods were corrected by', async () => {
  expect(await read('SELECT adjusts, sum, count FROM adjustments ORDER BY adjusts')).toEqual([
    { adjusts: '2026-10', sum: '0', count: '1' },
    { adjusts: '2026-11', sum: '3', count: '-1' },
  ]);
});

test('files, rejects and ledger', async () => {
  expect(await read('SELECT source_key, state, version, lines, records, rejected, first_seen_at FROM files ORDER BY source_key')).toEqual([
    { source_key: 'first', state: 'in', version: 1, lines: '4', records: '3', rejected: '1', first_seen_at: new Date(1_000_000) },
    { source_key: 'second', state: 'in', version: 1, lines: '3', records: '1', rejected: '2', first_seen_at: new Date(1_000_000) },
  ]);
  expect(await read('SELECT source_key, reason, count, json_array_length(samples) AS samples FROM rejects ORDER BY source_key')).toEqual([
    { source_key: 'first', reason: 'value_syntax', count: '1', samples: 1 },
    { source_key: 'second', reason: 'value_syntax', count: '2', samples: 2 },
  ]);
  expect(await read('SELECT number, kind, source_key, made_by FROM ledger ORDER BY number')).toEqual([
    { number: '1', kind: 'counted', source_key: 'first', made_by: 'apply' },
    { number: '2', kind: 'counted', source_key: 'second', made_by: 'apply' },
  ]);
});

test('nothing behind them is shown', async () => {
  await expect(read('SELECT * FROM totals_rows')).rejects.toThrow('permission denied');
});
