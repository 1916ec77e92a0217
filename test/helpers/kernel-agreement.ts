/** One file with everything around it that must make no difference, and whether kernel and reference agree on it. */
import { TallylineFailure } from '../../src/core/failures';
import type { Format } from '../../src/core/format';
import type { TotalsEntry } from '../../src/core/partial';
import type { RecordPeriod } from '../../src/core/record-period';
import type { Split } from '../../src/core/split';
import { createKernelCounter } from '../../src/kernel/kernel-counter';
import { acquireKernel, releaseKernel } from '../../src/kernel/kernel-instance';
import { splitsOf } from './arbitrary-files';
import { countOneSplit } from './count-in-splits';
import { seededRandom } from './seeded-random';

export interface KernelWorld {
  readonly bytes: Buffer;
  readonly format: Format;
  readonly recordPeriod?: RecordPeriod;
  /** Sorted by key bytes: what each split has already. */
  readonly before?: readonly TotalsEntry[];
  /** Parts of 1,000 of the size. */
  readonly cuts: readonly number[];
  readonly chunkBytesMax: number;
  readonly crashRate: number;
  /** Also whether small numbers are held outside of the table from the first byte on. */
  readonly chance: number;
}

const BLOCK_BYTES = 256;
const NOTHING = Buffer.alloc(0);

/** Throws where a split's encoded partial, or the code of its failure, is another than the reference's of the file in one piece. */
export function assertAgreement({ bytes, format, cuts, chunkBytesMax, crashRate, chance, recordPeriod, before }: KernelWorld): void {
  holdNumbers(chance % 2 === 0);
  for (const split of splitsOf(bytes.length, cuts)) {
    const given = {
      blockBytes: BLOCK_BYTES,
      random: seededRandom(chance),
      ...(recordPeriod && { recordPeriod }),
      ...(before && { before }),
    };
    const wanted = outcome(bytes, format, split, { ...given, chunkBytesMax: 1 << 20, crashRate: 0 });
    const counted = outcome(bytes, format, split, { ...given, chunkBytesMax, crashRate, createCounter: createKernelCounter });
    if (counted.code !== wanted.code || Buffer.compare(counted.blob, wanted.blob) !== 0)
      throw new Error(
        `in [${split.startOffset}, ${split.endOffset}) the reference gives\n${show(wanted)}\nand the kernel\n${show(counted)}`,
      );
  }
}

/** Otherwise that begins later than these files end. */
function holdNumbers(isFromFirst: boolean): void {
  const kernel = acquireKernel();
  kernel.takePairsFrom(isFromFirst ? 0 : Number.MAX_SAFE_INTEGER);
  releaseKernel(kernel);
}

interface Outcome {
  readonly code: string;
  readonly blob: Uint8Array;
}

function outcome(bytes: Uint8Array, format: Format, split: Split, pace: Parameters<typeof countOneSplit>[3]): Outcome {
  try {
    return { code: '', blob: countOneSplit(bytes, format, split, pace) };
  } catch (error) {
    if (error instanceof TallylineFailure && error.code !== 'invariant_violated') return { code: error.code, blob: NOTHING };
    throw error;
  }
}

function show({ code, blob }: Outcome): string {
  return (
    code ||
    Buffer.from(blob)
      .toString('latin1')
      .replaceAll(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  );
}
