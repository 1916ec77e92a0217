/** Many seeded sequences of work and faults, one world each. */
import { LedgerSink } from '../../src/sinks/ledger-sink';
import type { Store } from '../../src/sinks/store';
import { seededRandom } from '../helpers/seeded-random';
import { World } from './sink-world';
import { Tally } from './tally';
import type { SinkOpener } from './watched-sink';

const STEPS_MAX = 40;

export interface SequencesInput {
  /** The same seed gives the same sequences. */
  readonly seed: number;
  readonly sequences: number;
  /** Only the one of this number. */
  readonly only?: number | undefined;
  readonly openStore: () => Store;
  readonly openSink?: SinkOpener['openSink'];
}

/** Throws at the first sequence that goes wrong, and says how to repeat it. */
export async function runSequences({ seed, sequences, only, openStore, openSink = openLedgerSink }: SequencesInput): Promise<Tally> {
  const tally = new Tally();
  const [first, end] = only === undefined ? [0, sequences] : [only, only + 1];
  for (let number = first; number < end; number += 1) await runSequence(seed, number, { opener: { openStore, openSink }, tally });
  return tally;
}

/** TALLYLINE_SEQUENCE=N, beside the seed of a run, takes the one sequence that failed in it. */
export function chosenSequence(): number | undefined {
  const number = process.env['TALLYLINE_SEQUENCE'];
  return number === undefined ? undefined : Number(number);
}

export class SequenceFailure extends Error {
  constructor(
    readonly number: number,
    message: string,
  ) {
    super(message);
  }
}

async function runSequence(seed: number, number: number, { opener, tally }: { opener: SinkOpener; tally: Tally }): Promise<void> {
  const random = seededRandom(seed + number);
  const world = await World.create(random, opener, tally);
  try {
    const steps = 1 + Math.floor(random() * STEPS_MAX);
    for (let step = 0; step < steps; step += 1) await world.step();
    await world.settle();
  } catch (error) {
    const fact = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const repeat = `the whole run: TALLYLINE_SEED=${seed}; this sequence alone: TALLYLINE_SEED=${seed} TALLYLINE_SEQUENCE=${number}`;
    throw new SequenceFailure(number, `sequence ${number} (${repeat})\nafter: ${world.tell()}\n${fact}`);
  } finally {
    await world.watched.driver.sink.close();
  }
}

function openLedgerSink(store: Store): LedgerSink {
  return new LedgerSink(store);
}
