/** How fast one thread counts `id value` lines in memory, with and without the block digests. `node bench/run.js count`, with TALLYLINE_KERNEL=reference for the other counter. */
import type { BlockHasher } from '../src/core/counter';
import { DEFAULT_FORMAT } from '../src/core/format';
import { chooseCounter } from '../src/kernel/choose-counter';
import { createBlockHasher } from '../src/kernel/digest';
import { sampleLines } from './sample-lines';

const CHUNK_BYTES = 1_048_576;
const PASSES = 5;
const noHasher = (): BlockHasher => ({ update: () => undefined, digest: () => new Uint8Array(32) });

const bytes = sampleLines(256 * CHUNK_BYTES);
for (const [name, createHasher] of [
  ['counting alone', noHasher],
  ['with sha256', createBlockHasher],
] as const) {
  const rates = Array.from({ length: PASSES }, () => measure(createHasher));
  process.stdout.write(`${name}: ${rates.map((rate) => rate.toFixed(0)).join(' ')} MB/s\n`);
}

function measure(createHasher: () => BlockHasher): number {
  const split = { startOffset: 0, endOffset: bytes.length };
  const counter = chooseCounter()({ format: DEFAULT_FORMAT, sizeBytes: bytes.length, split, createHasher });
  const startedAt = process.hrtime.bigint();
  for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
    const chunk = bytes.subarray(offset, offset + CHUNK_BYTES);
    const target = counter.buffer(chunk.length);
    target.set(chunk);
    counter.push(target);
  }
  counter.end();
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const snapshotAt = process.hrtime.bigint();
  const blob = counter.encode();
  const snapshotMs = Number(process.hrtime.bigint() - snapshotAt) / 1e6;
  const { accounting } = counter.header();
  counter.close();
  process.stdout.write(`  ${accounting.records} records, encoding ${blob.length} bytes of totals ${snapshotMs.toFixed(1)} ms\n`);
  return bytes.length / 1e6 / seconds;
}
