/** Counts bytes in memory as a fleet of workers would: in splits, in chunks, with crashes and resumes, in any order. */
import { createHash } from 'node:crypto';

import { assembleReceipt } from '../../src/core/assemble-receipt';
import { GRAMMAR_VERSION_PLAIN } from '../../src/core/format';
import type { CounterOptions, CreateSplitCounter } from '../../src/core/counter';
import type { Format } from '../../src/core/format';
import { mergeEntries } from '../../src/core/merge';
import { decodePartial, decodePartialHeader } from '../../src/core/partial-codec';
import type { PartialHeader } from '../../src/core/partial-codec';
import type { TotalsEntry } from '../../src/core/partial';
import type { Plan } from '../../src/core/plan';
import type { RecordPeriod } from '../../src/core/record-period';
import { createReferenceCounter } from '../../src/core/reference-counter';
import type { Split } from '../../src/core/split';
import type { NaiveTotals } from './naive-count';

export interface Circumstances {
  readonly splits: readonly Split[];
  readonly blockBytes: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Largest chunk that is pushed. */
  readonly chunkBytesMax: number;
  /** How probable a crash is after each chunk. */
  readonly crashRate: number;
  readonly recordPeriod?: RecordPeriod;
  /** Sorted by key bytes: what each split has already. */
  readonly before?: readonly TotalsEntry[];
  /** Without it the reference. */
  readonly createCounter?: CreateSplitCounter;
}

const CRASHES_MAX = 8;
const BUFFER_OFFSET_MAX = 16;

export function countInSplits(bytes: Uint8Array, format: Format, circumstances: Circumstances): NaiveTotals {
  const { splits, random, blockBytes } = circumstances;
  const plan: Plan = {
    grammarVersion: GRAMMAR_VERSION_PLAIN,
    format,
    sizeBytes: bytes.length,
    splits,
    periodRule: { kind: 'none' },
    period: '',
  };
  const blobs = splits.map((_, splitIndex) => ({ splitIndex, blob: countOneSplit(bytes, format, splits[splitIndex]!, circumstances) }));
  blobs.sort(() => random() - 0.5);
  const partials = blobs.map(({ splitIndex, blob }) => ({ splitIndex, ...decodePartialHeader(blob) }));
  const assembled = assembleReceipt({ plan, planDigest: '', partials, digest: sha256Hex, digestBlockBytes: blockBytes });
  if (assembled.kind !== 'complete') throw new Error(`not complete: ${JSON.stringify(assembled)}`);
  const { splits: _splits, planDigest: _planDigest, grammarVersion: _grammarVersion, ...receipt } = assembled.receipt;
  const entries = mergeEntries(blobs.map(({ blob }) => decodePartial(blob).entries));
  return { receipt, totals: entries.map(({ key, sum, count }) => ({ key: Buffer.from(key).toString('latin1'), sum, count })) };
}

/** One split's encoded partial. After a crash it goes on from the last checkpoint, an older one, or from the start. */
export function countOneSplit(
  bytes: Uint8Array,
  format: Format,
  split: Split,
  {
    random,
    chunkBytesMax,
    crashRate,
    blockBytes,
    recordPeriod,
    before,
    createCounter = createReferenceCounter,
  }: Omit<Circumstances, 'splits'>,
): Uint8Array {
  const options: CounterOptions = {
    format,
    ...(recordPeriod && { recordPeriod }),
    sizeBytes: bytes.length,
    split,
    createHasher: () => createSha256(),
    digestBlockBytes: blockBytes,
    ...(before && { resume: { ...emptyPartial(split), entries: before } }),
  };
  const checkpoints: Uint8Array[] = [];
  let crashes = 0;
  let counter = createCounter(options);
  try {
    const scratch = new Uint8Array(Math.min(chunkBytesMax, bytes.length + BUFFER_OFFSET_MAX));
    while (!counter.isComplete) {
      if (counter.readOffset === bytes.length) {
        counter.end();
        break;
      }
      const wanted = bytes.subarray(counter.readOffset, counter.readOffset + 1 + Math.floor(random() * chunkBytesMax));
      // The same memory each time: a counter that keeps a chunk shows.
      counter.push(placeChunk(random() < 0.5 ? scratch : counter.buffer(BUFFER_OFFSET_MAX + wanted.length), wanted, random));
      if (random() < crashRate && crashes < CRASHES_MAX) {
        // Some crash before their checkpoint, and some go on after it as if it had not been.
        const chance = random();
        if (chance < 0.7) checkpoints.push(counter.encode());
        if (chance < 0.4) continue;
        const from = checkpoints[Math.floor(random() * (checkpoints.length + 1))];
        counter.close();
        counter = createCounter(from === undefined ? options : { ...options, resume: decodePartial(from) });
        crashes += 1;
      }
    }
    return counter.encode();
  } finally {
    counter.close();
  }
}

/** Of a split of which nothing was read yet. */
function emptyPartial({ startOffset }: Split): PartialHeader {
  const accounting: PartialHeader['accounting'] = {
    firstOffset: null,
    nextOffset: startOffset,
    bomBytes: 0,
    lines: 0,
    records: 0,
    blanks: 0,
    rejects: {},
    unterminatedLastLine: false,
  };
  return { accounting, blockDigests: new Uint8Array() };
}

/** At any alignment, where the memory has room for it: what lies around it is of chunks before. */
function placeChunk(memory: Uint8Array, chunk: Uint8Array, random: () => number): Uint8Array {
  const offset = Math.floor(random() * (1 + Math.min(BUFFER_OFFSET_MAX, memory.length - chunk.length)));
  memory.set(chunk, offset);
  return memory.subarray(offset, offset + chunk.length);
}

export function createSha256() {
  const hash = createHash('sha256');
  return { update: (chunk: Uint8Array) => void hash.update(chunk), digest: () => hash.digest() };
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
