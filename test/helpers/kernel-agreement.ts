/** One file with everything around it that must make no difference, and whether kernel and reference agree on it. */
import { TallylineFailure } from '../../src/core/failures';
import type { CreateSplitCounter } from '../../src/core/counter';
import type { Format } from '../../src/core/format';
import type { TotalsEntry } from '../../src/core/partial';
import type { RecordPeriod } from '../../src/core/record-period';
import { createReferenceCounter } from '../../src/core/reference-counter';
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
  /** Also where small numbers begin to be held outside of the table, and whether the reference takes turns with the kernel. */
  readonly chance: number;
}

const BLOCK_BYTES = 256;
/** Of a split: where small numbers begin to be held if they are not from its first byte on. */
const NUMBERS_FROM_BYTES = [200, Number.MAX_SAFE_INTEGER];
const NOTHING = Buffer.alloc(0);

/** Throws where a split's encoded partial, or the code of its failure, is another than the reference's of the file in one piece. */
export function assertAgreement({ bytes, format, cuts, chunkBytesMax, crashRate, chance, recordPeriod, before }: KernelWorld): void {
  holdNumbersFrom(chance % 2 === 0 ? 0 : NUMBERS_FROM_BYTES[chance % 4 === 1 ? 0 : 1]!);
  // Workers of both kinds resume each other.
  const createCounter = crashRate > 0 && chance % 3 === 0 ? eitherCounter(chance) : createKernelCounter;
  for (const split of splitsOf(bytes.length, cuts)) {
    const given = {
      blockBytes: BLOCK_BYTES,
      random: seededRandom(chance),
      ...(recordPeriod && { recordPeriod }),
      ...(before && { before }),
    };
    const wanted = outcome(bytes, format, split, { ...given, chunkBytesMax: 1 << 20, crashRate: 0 });
    const counted = outcome(bytes, format, split, { ...given, chunkBytesMax, crashRate, createCounter });
    if (counted.code !== wanted.code || Buffer.compare(counted.blob, wanted.blob) !== 0)
      throw new Error(
        `in [${split.startOffset}, ${split.endOffset}) the reference gives\n${show(wanted)}\nand the kernel\n${show(counted)}`,
      );
  }
}

function holdNumbersFrom(bytes: number): void {
  const kernel = acquireKernel();
  kernel.takePairsFrom(bytes);
  releaseKernel(kernel);
}

/** Each attempt at a split is the kernel's or the reference's. */
function eitherCounter(chance: number): CreateSplitCounter {
  const random = seededRandom(chance + 1);
  return (options) => (random() < 0.5 ? createKernelCounter(options) : createReferenceCounter(options));
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
