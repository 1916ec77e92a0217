/** A manifest that is stored beside a scan, of another process, that takes up the file it speaks of. */
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { countedContent } from '../helpers/counted-content';
import { PostgresServer } from '../helpers/postgres-server';
import { MEANING, PIPELINE, SinkDriver, SOURCE, testFile } from './sink-driver';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());

test('a file that comes at the instant at which its manifest is stored has come', async () => {
  const options = server.options();
  const [store, other] = [await PostgresStore.open(options), await PostgresStore.open(options)];
  const [sink, scanner] = [new LedgerSink(store), new LedgerSink(other)];
  await sink.ensurePipeline(MEANING);
  const driver = new SinkDriver(scanner);
  const { nowMs } = driver;
  const file = testFile('a', countedContent([['k', 1n]]));
  await driver.register(testFile('b', file.content));
  const manifest = { pipeline: PIPELINE, sourceId: SOURCE, manifestKey: 'm', generation: 'g', isBatch: true };
  const files = [{ sourceKey: 'a', control: {} }];

  let stored: Promise<unknown> | undefined;
  await other.transaction(async (transaction) => {
    await transaction.pipelines.share(PIPELINE);
    const [row] = await transaction.files.read([testFile('b', file.content).fileId]);
    await transaction.files.insert([{ ...row!, fileId: file.fileId, sourceKey: 'a' }]);
    await transaction.expected.markCame(PIPELINE, SOURCE, ['a'], nowMs);
    stored = sink.putManifest({ ...manifest, files, dueMs: nowMs + 10, nowMs });
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  await stored;
  expect(await sink.readExpected({ pipeline: PIPELINE, nowMs: nowMs + 1000 })).toMatchObject({ overdueFiles: 0, overdue: [] });
  await Promise.all([sink.close(), scanner.close()]);
}, 30_000);
