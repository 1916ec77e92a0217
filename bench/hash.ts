/** What the digest of 1 MiB blocks costs: each candidate alone, and as a share of counting the same bytes. `node bench/run.js hash` */
import { createHash } from 'node:crypto';

import { DEFAULT_FORMAT } from '../src/core/format';
import { createReferenceCounter } from '../src/core/reference-counter';
import { sampleLines } from './sample-lines';

const CANDIDATES = ['sha256', 'sha512-256', 'sha1', 'blake2b512', 'blake2s256', 'sha3-256', 'md5'];
const BLOCK_BYTES = 1_048_576;
const PASSES = 7;

const bytes = sampleLines(128 * BLOCK_BYTES);
const countingSeconds = median(() => {
  const split = { startOffset: 0, endOffset: bytes.length };
  const createHasher = () => ({ update: () => undefined, digest: () => new Uint8Array(32) });
  const counter = createReferenceCounter({ format: DEFAULT_FORMAT, sizeBytes: bytes.length, split, createHasher });
  forEachBlock((block) => counter.push(block));
});
print('counting, no digest', countingSeconds);
for (const algorithm of CANDIDATES) {
  const seconds = median(() => forEachBlock((block) => void createHash(algorithm).update(block).digest()));
  print(algorithm, seconds, `${((100 * seconds) / (seconds + countingSeconds)).toFixed(1)} % of counting with it`);
}

function forEachBlock(take: (block: Uint8Array) => void): void {
  for (let offset = 0; offset < bytes.length; offset += BLOCK_BYTES) take(bytes.subarray(offset, offset + BLOCK_BYTES));
}

function median(work: () => void): number {
  const seconds = Array.from({ length: PASSES }, () => {
    const startedAt = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - startedAt) / 1e9;
  });
  return seconds.sort((left, right) => left - right)[PASSES >> 1] ?? 0;
}

function print(name: string, seconds: number, share = ''): void {
  process.stdout.write(`${name.padEnd(20)} ${(bytes.length / 1e6 / seconds).toFixed(0).padStart(6)} MB/s  ${share}\n`);
}
