/** A scan beside another process that is at work on the files it lists. */
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { countedContent } from '../helpers/counted-content';
import { PostgresServer } from '../helpers/postgres-server';
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
