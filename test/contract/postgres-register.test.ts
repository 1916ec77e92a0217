/** A scan beside another process that is at work on the files it lists. */
import { escapeBytes } from '../../src/core/source-key';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { countedContent } from '../helpers/counted-content';
import { PostgresServer } from '../helpers/postgres-server';

import { runSeed, seededRandom } from '../helpers/seeded-random';
import { MEANING, SinkDriver, testFile } from './sink-driver';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());

test('a scan does not wait for an apply that holds the files it lists', async () => {
  const options = server.options();
  const [store, other] = [await PostgresStore.open(options), await PostgresStore.open(options)];
  const [sink, scanner] = [new LedgerSink(store), new LedgerSink(other)];
  await sink.ensurePipeline(MEANING);
  const [known, fresh] = [testFile('a', countedContent([['k', 1n]])), testFile('b', countedContent([['k', 2n]]))];
  await new SinkDriver(sink).register(known);
  let applying: Promise<void> | undefined;
  const isHeld = new Promise<void>((held) => {
    applying = store.transaction(async (transaction) => {
      await transaction.files.lock([known.fileId]);
      held();
      await new Promise((resolve) => setTimeout(resolve, 2000));
    });
  });
  await isHeld;
  const registering = new SinkDriver(scanner).register(known, fresh);
  const first = await Promise.race([registering.then(() => 'registered'), applying!.then(() => 'applied')]);
  expect([first, await registering]).toMatchObject(['registered', { known: 1, registered: 1 }]);
  await applying;
  await Promise.all([sink.close(), scanner.close()]);
}, 30_000);

test('a sourceKey of 1,024 bytes that all are escaped finds room in every index, whatever the server compresses with by itself', async () => {
  const options = server.options({ user: 'compressing' });
  await server.query("CREATE ROLE compressing LOGIN SUPERUSER; ALTER ROLE compressing SET default_toast_compression = 'lz4'");
  const sink = new LedgerSink(await PostgresStore.open(options));
  await sink.ensurePipeline(MEANING);
  const random = seededRandom(runSeed());
  const keys = Array.from({ length: 20 }, () => escapeBytes(Uint8Array.from({ length: 1024 }, () => 1 + Math.floor(random() * 31))));
  const files = keys.map((key) => testFile(key, countedContent([['k', 1n]])));
  const driver = new SinkDriver(sink);
  // Not settled yet, and then settled: two tables.
  const fresh = files.map((file) => ({ ...driver.seen(file), modifiedAtMs: driver.nowMs }));
  const page = { pipeline: driver.pipeline, sourceId: 'spool', nowMs: driver.nowMs, quietPeriodMs: 1000, requireMarkedDone: false };
  expect(await sink.registerPage({ ...page, files: fresh })).toMatchObject({ unsettled: files.length });
  expect(await driver.register(...files)).toMatchObject({ registered: files.length });
  const found = await Promise.all(keys.map((sourceKey) => sink.findFiles({ pipeline: driver.pipeline, sourceKey })));
  expect(found.map(([row]) => row?.sourceKey)).toEqual(keys);
  await sink.close();
}, 30_000);
