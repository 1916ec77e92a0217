import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { openThreadedSink } from '../../src/sinks/threaded-sink';
import { PostgresServer } from '../helpers/postgres-server';
import { describeSink } from './sink-contract';

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

/** The tables are reached by a second pool of the test's own. */
describeSink('Postgres sink in its thread', async () => {
  const { options, store, release } = await open();
  return { store, sink: await openThreadedSink(options), release };
});
