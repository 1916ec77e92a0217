import { runSeed } from '../helpers/seeded-random';
import { chosenSequence } from './run-sequences';
import { runSequencesInThread } from './sequences-in-thread';

test('10,000 sequences of work and faults over memory: never twice, never silently lost, always settled in the end', async () => {
  const only = chosenSequence();
  const { counts, never } = await runSequencesInThread({ seed: runSeed(), sequences: 10_000, only });
  process.stderr.write(`${counts}\n`);
  // What never happened was never tested.
  if (only === undefined) expect(never).toEqual([]);
}, 180_000);
