/** A plan that is removed while its files are still registered and counted by another process. */
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

test('nothing of a plan is left when it expires beside a scan that registers a file and a worker that stores a partial', async () => {
  const options = server.options();
  const [store, other] = [await PostgresStore.open(options), await PostgresStore.open(options)];
  const [sink, remover] = [new LedgerSink(store), new LedgerSink(other)];
  await sink.ensurePipeline(MEANING);
  const { policies, nowMs } = new SinkDriver(sink);
  const request = { pipeline: PIPELINE, description: '', allowances: {}, policies, nowMs, expiresMs: nowMs + 1 };
  const { shadow } = await sink.createPlan({ planId: 'p1', ...request });
  const counting = new SinkDriver(sink, policies, shadow);
  const file = testFile('a', countedContent([['k', 1n]]), 'g1', shadow);
  await counting.register(file);
  await counting.admit(file);
  const { planDigest } = file.content;

  let removed: Promise<number> | undefined;
  await store.transaction(async (transaction) => {
    await transaction.pipelines.share(shadow);
    const [row] = await transaction.files.lock([file.fileId]);
    await transaction.files.insert([{ ...row!, fileId: 'f'.repeat(32), sourceKey: 'b', sourceId: SOURCE }]);
    await transaction.blobs.insertPartial({
      fileId: file.fileId,
      version: 1,
      planDigest,
      splitIndex: 0,
      digest: 'd',
      entries: 0,
      blob: Buffer.from('partial'),
    });
    removed = remover.expirePlans({ pipeline: PIPELINE, nowMs: nowMs + 10 });
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  expect(await removed).toBe(1);
  const left = async (table: string) => (await server.query(`SELECT 1 FROM ${options.schema}.${table}`)).length;
  expect({ rows: await left('file_rows'), partials: await left('partials') }).toEqual({ rows: 0, partials: 0 });
  await Promise.all([sink.close(), remover.close()]);
}, 30_000);
