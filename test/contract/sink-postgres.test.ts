import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { openThreadedSink } from '../../src/sinks/threaded-sink';
import { PostgresServer } from '../helpers/postgres-server';
import { countedContent } from '../helpers/counted-content';
import { describeSink } from './sink-contract';
import { MEANING, PIPELINE, SinkDriver, testFile } from './sink-driver';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());

async function open() {
  const options = server.options();
  const store = await PostgresStore.open(options);
  const release = async () => {
    await server.query(`DROP SCHEMA ${options.schema} CASCADE`);
  };
  return { options, store, release };
}

describeSink('Postgres sink', async () => {
  const { store, release } = await open();
  return { store, sink: new LedgerSink(store), release };
});

test('a Postgres sink in its thread answers as one beside it does', async () => {
  const { options, store, release } = await open();
  const sink = await openThreadedSink(options);
  const driver = new SinkDriver(sink);
  await sink.ensurePipeline(MEANING);
  await driver.take(testFile('a', countedContent([['k', 5n]])));
  await driver.plan('p1', [testFile('b', countedContent([['k', 7n]]))]);
  await driver.applyPlan('p1');
  expect(await driver.totals()).toEqual({ k: '12/2' });
  await expect(driver.totals(99)).rejects.toMatchObject({ code: 'config_invalid' });
  expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  await sink.close();
  await store.close();
  await release();
});
