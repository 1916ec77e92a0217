import { MemoryStore } from '../../src/sinks/memory-store';
import { runSeed } from '../helpers/seeded-random';
import { chosenSequence, runSequences } from './run-sequences';

test('10,000 sequences of work and faults over memory: never twice, never silently lost, always settled in the end', async () => {
  const only = chosenSequence();
  const tally = await runSequences({ seed: runSeed(), sequences: 10_000, only, openStore: () => new MemoryStore() });
  process.stderr.write(`${tally.toString()}\n`);
  // What never happened was never tested.
  if (only === undefined) expect(tally.never()).toEqual([]);
}, 180_000);
