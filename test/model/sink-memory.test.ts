import { MemoryStore } from '../../src/sinks/memory-store';
import { runSeed } from '../helpers/seeded-random';
import { runSequences } from './run-sequences';

test('10,000 sequences of work and faults over memory: never twice, never silently lost, always settled in the end', async () => {
  await runSequences(runSeed(), 10_000, () => new MemoryStore());
}, 180_000);
