import { PostgresStore } from '../../src/sinks/postgres-store';
import type { Store, StoreTransaction } from '../../src/sinks/store';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed } from '../helpers/seeded-random';
import { chosenSequence, runSequences } from './run-sequences';

const SEQUENCES = 100;
let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());

test(`${SEQUENCES} sequences of work and faults over Postgres`, async () => {
  const openStore = (): Store => new LateStore(PostgresStore.open(server.options({ connections: 2 })));
  const tally = await runSequences({ seed: runSeed(), sequences: SEQUENCES, only: chosenSequence(), openStore });
  process.stderr.write(`${tally.toString()}\n`);
}, 120_000);

/** A server is opened in its own time; the sequences open a store at once. */
class LateStore implements Store {
  constructor(private readonly opening: Promise<Store>) {
    opening.catch(() => undefined);
  }

  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await (await this.opening).transaction(work);
  }

  async snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await (await this.opening).snapshot(work);
  }

  async collectOutside(nowMs: number): Promise<number> {
    return await (await this.opening).collectOutside(nowMs);
  }

  async check(): Promise<readonly string[]> {
    return await (await this.opening).check();
  }

  async close(): Promise<void> {
    await (await this.opening).close();
  }
}
