import type * as FileRowModule from '../../src/core/file-row';
import { MemoryStore } from '../../src/sinks/memory-store';
import { Staging } from '../../src/sinks/operations/staging';
import { runSeed } from '../helpers/seeded-random';
import { DEFECTS, type Defect } from './planted-defects';
import { runSequences, SequenceFailure } from './run-sequences';

/** The rarest of the defects shows in one of about a hundred. */
const SEQUENCES = 2000;

/** Named so that jest lets the mock below use it. */
const mockPlanted: { defect: Defect } = { defect: {} };

jest.mock('../../src/core/file-row', () => {
  const actual = jest.requireActual<typeof FileRowModule>('../../src/core/file-row');
  const decideTransition: typeof actual.decideTransition = (row, event) =>
    mockPlanted.defect.decide?.(row, event) ?? actual.decideTransition(row, event);
  return { ...actual, decideTransition };
});

const seed = runSeed();
const needed: string[] = [];

afterEach(() => {
  mockPlanted.defect = {};
  jest.restoreAllMocks();
});
afterAll(() => process.stderr.write(`sequences until it was found: ${needed.join('; ')}\n`));

function plant(defect: Defect): void {
  mockPlanted.defect = defect;
  if (defect.takesNothingOut !== true) return;
  const { addStored } = Staging.prototype;
  jest.spyOn(Staging.prototype, 'addStored').mockImplementation(function (this: Staging, ordinal, sign, parts) {
    return addStored.call(this, ordinal, sign, sign === -1 ? [] : parts);
  });
}

test('without a planted defect the model finds none', async () => {
  await runSequences({ seed, sequences: 100, openStore: () => new MemoryStore() });
}, 60_000);

test.each(Object.entries(DEFECTS))(
  'the model finds that %s',
  async (title, defect) => {
    plant(defect);
    const { openSink } = defect;
    const run = runSequences({ seed, sequences: SEQUENCES, openStore: () => new MemoryStore(), ...(openSink && { openSink }) });
    const failure: unknown = await run.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SequenceFailure);
    needed.push(`${title} ${(failure as SequenceFailure).number + 1}`);
  },
  60_000,
);
