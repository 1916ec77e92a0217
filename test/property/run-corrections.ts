import { LedgerSink } from '../../src/sinks/ledger-sink';
import type { Store } from '../../src/sinks/store';
import { seededRandom } from '../helpers/seeded-random';
import { CorrectedWorld } from './corrections-world';

export interface CorrectionsInput {
  readonly seed: number;
  readonly sequences: number;
  /** Only this one, to repeat a failure. */
  readonly only: number | undefined;
}

/** Throws at the first sequence that breaks a promise, with what repeats it. */
export async function runCorrections(
  { seed, sequences, only }: CorrectionsInput,
  openStore: (sequence: number) => Promise<Store>,
): Promise<void> {
  for (let sequence = only ?? 0; sequence < (only === undefined ? sequences : only + 1); sequence += 1) {
    const store = await openStore(sequence);
    const world = new CorrectedWorld(seededRandom(seed + sequence), new LedgerSink(store));
    try {
      await world.run();
    } catch (error) {
      const again = `TALLYLINE_SEED=${seed} TALLYLINE_SEQUENCE=${sequence}`;
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`sequence ${sequence} (${again}): ${world.told.join(', ')}\n${why}`, { cause: error });
    } finally {
      await store.close();
    }
  }
}
