/** Drives a counter over one split of one open file: reads chunks, hands out checkpoints, ends exactly. */
import { promisify } from 'node:util';

import { unusable } from '../core/byte-reader';
import { isContentFault } from '../core/content-fault';
import type { SplitCounter } from '../core/counter';
import { assertInvariant } from '../core/failures';
import { CHUNK_BYTES, HEAD_CHUNK_BYTES, TAIL_CHUNK_BYTES } from '../core/limits';
import { NO_ENTRIES } from '../core/entry-codec';
import { joinPartial } from '../core/partial-codec';
import { recordPeriodOf, requireKnownGrammar, type Plan } from '../core/plan';
import type { Split } from '../core/split';
import { CheckpointTimer } from './checkpoint-timer';
import { chooseCounter } from './choose-counter';
import { countGzip } from './count-gzip';
import { chunkBytes, type CountedPartial, type CountSplitOptions } from './count-options';
import { createBlockHasher } from './digest';
import { ReadPace } from './read-pace';
import { writeUnnamed } from './spilled-runs';

/** After so many bytes a thread sees whether it was told to stop. */
const TURN_BYTES = 8 * CHUNK_BYTES;
const nextTurn = promisify(setImmediate);

/**
 * Throws what the source throws, checkpoint_unusable for a `resume` that is not of this split, config_mismatch for a plan that this
 * version does not know, and the signal's reason when aborted.
 */
export async function countSplit(options: CountSplitOptions): Promise<CountedPartial> {
  requireKnownGrammar(options.plan);
  const { compression } = options.plan;
  return compression ? await countGzip(options, compression) : await countText(options);
}

async function countText(options: CountSplitOptions): Promise<CountedPartial> {
  const split = splitOf(options.plan, options.splitIndex);
  if (options.resume?.plain !== undefined) throw unusable('is of a file that is decompressed');
  const counter = createCounter(options, split);
  try {
    const readBytes = await readAll(options, split, counter);
    return { ...encodeOrSpill(counter, options), header: counter.header(), readBytes };
  } finally {
    counter.close();
  }
}

/** Totals of very many keys need not lie in memory a second time. */
function encodeOrSpill(counter: SplitCounter, { entriesBytesMax = Infinity }: CountSplitOptions): Pick<CountedPartial, 'blob' | 'run'> {
  if (entriesBytesMax === Infinity) return { blob: counter.encode() };
  const entries = counter.entries();
  if (entries.sizeBytes <= entriesBytesMax) return { blob: joinPartial(counter.header(), entries) };
  return {
    blob: joinPartial(counter.header(), NO_ENTRIES),
    run: { ...writeUnnamed(entries.pieces()), longestSumBytes: entries.longestSumBytes },
  };
}

/** Gives the number of bytes read. */
async function readAll(options: CountSplitOptions, split: Split, counter: SplitCounter): Promise<number> {
  const { source, signal, readBytesPerSecond, plan, now = () => performance.now() } = options;
  const checkpoints = new CheckpointTimer(options, counter, now);
  const pace = new ReadPace(readBytesPerSecond, now);
  const chunkBytesMax = chunkBytes(options);
  let readBytes = 0;
  let turnBytes = TURN_BYTES;
  await source.verify();
  try {
    while (!counter.isComplete) {
      signal.throwIfAborted();
      const wanted = Math.min(chunkBytesMax, bytesToAsk(counter.readOffset, split, plan.sizeBytes));
      if (wanted === 0) {
        counter.end();
        break;
      }
      const target = counter.buffer(wanted);
      const length = source.readNow?.(counter.readOffset, target) || (await source.read(counter.readOffset, target));
      assertInvariant(length > 0 && length <= target.length, `a read of ${target.length} bytes at ${counter.readOffset} gave ${length}`);
      counter.push(target.subarray(0, length));
      readBytes += length;
      options.onRead?.(length);
      checkpoints.afterRead(length);
      await pace.afterRead(length, signal);
      if (readBytes >= turnBytes) {
        turnBytes = readBytes + TURN_BYTES;
        await nextTurn();
      }
    }
  } catch (error) {
    // A file that changes while it is read may seem to hold anything.
    if (isContentFault(error)) await source.verify();
    throw error;
  }
  assertInvariant(counter.isComplete, `split ${options.splitIndex} is not complete at the end of the file`);
  await source.verify();
  return readBytes;
}

function splitOf(plan: Plan, splitIndex: number): Split {
  const split = plan.splits[splitIndex];
  assertInvariant(split !== undefined, `a plan of ${plan.splits.length} splits has no split ${splitIndex}`);
  return split;
}

function createCounter(options: CountSplitOptions, split: Split): SplitCounter {
  const { plan, resume, isDigested = true, createCounter: create = chooseCounter() } = options;
  const recordPeriod = recordPeriodOf(plan);
  return create({
    format: plan.format,
    ...(recordPeriod && { recordPeriod }),
    sizeBytes: plan.sizeBytes,
    split,
    createHasher: isDigested ? createBlockHasher : null,
    ...(resume && { resume }),
  });
}

/**
 * Up to the end of the split in one go. Before it only the head of the file is read and behind it only the rest of its last line, so in
 * small steps.
 */
function bytesToAsk(offset: number, { startOffset, endOffset }: Split, sizeBytes: number): number {
  if (offset + 1 < startOffset) return Math.min(HEAD_CHUNK_BYTES, sizeBytes - offset);
  return offset < endOffset ? endOffset - offset : Math.min(TAIL_CHUNK_BYTES, sizeBytes - offset);
}
