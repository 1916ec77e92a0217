/** What an apply writes to the totals of Postgres, as the server itself counts it. */
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { countedContent, type Line } from '../helpers/counted-content';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { MEANING, SinkDriver, testFile } from './sink-driver';

const FILES = 1000;
const KEYS = 10;

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());

test(`${FILES} small files in one batch cost one write a key, and not one a file`, async () => {
  const options = server.options();
  const driver = new SinkDriver(new LedgerSink(await PostgresStore.open(options)), { ...DEFAULT_POLICIES, duplicateContent: 'count' });
  await driver.sink.ensurePipeline(MEANING);
  const content = countedContent(Array.from({ length: KEYS }, (_, key): Line => [`k${key}`, BigInt(key)]));
  const files = Array.from({ length: FILES }, (_, file) => testFile(`f${file}`, content));
  await driver.register(...files);
  await Promise.all(files.map((file) => driver.count(file)));
  expect(await driver.apply()).toMatchObject({ remaining: 0 });
  expect(await driver.totals()).toEqual(
    Object.fromEntries(Array.from({ length: KEYS }, (_, key) => [`k${key}`, `${key * FILES}/${FILES}`])),
  );
  await driver.sink.close();
  const sql = `SELECT n_tup_ins::int AS inserted, n_tup_upd::int AS updated, n_tup_del::int AS deleted
    FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'totals_rows'`;
  const written = await eventually('the server has counted', async () => {
    const [row] = await server.query(sql, [options.schema]);
    return row?.['inserted'] === 0 ? undefined : row;
  });
  expect(written).toEqual({ inserted: KEYS, updated: 0, deleted: 0 });
}, 60_000);
