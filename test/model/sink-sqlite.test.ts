import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { runSeed } from '../helpers/seeded-random';
import { chosenSequence, runSequences } from './run-sequences';

const folder = mkdtempSync(join(tmpdir(), 'tallyline-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('300 sequences of work and faults over SQLite', async () => {
  let databases = 0;
  const openStore = () => SqliteStore.open({ path: join(folder, `${(databases += 1)}.db`) });
  const tally = await runSequences({ seed: runSeed(), sequences: 300, only: chosenSequence(), openStore });
  process.stderr.write(`${tally.toString()}\n`);
}, 120_000);
