import type { Store } from '../../src/sinks/store';
import { seededRandom } from '../helpers/seeded-random';
import { World } from './sink-world';

const STEPS_MAX = 40;

/** Each sequence has a seed of its own, printed when it fails; TALLYLINE_SEED then replays that one alone. */
export async function runSequences(seed: number, sequences: number, openStore: () => Store): Promise<void> {
  const isReplay = process.env['TALLYLINE_SEED'] !== undefined;
  for (let index = 0; index < (isReplay ? 1 : sequences); index += 1) await runSequence(seed + index, openStore);
}

async function runSequence(seed: number, openStore: () => Store): Promise<void> {
  const random = seededRandom(seed);
  const world = await World.create(random, openStore);
  try {
    const steps = Math.floor(random() * STEPS_MAX);
    for (let step = 0; step < steps; step += 1) await world.step();
    await world.settle();
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`replay with TALLYLINE_SEED=${seed}\nafter: ${world.log.join(', ')}\n${message}`);
  } finally {
    await world.driver.sink.close();
  }
}
