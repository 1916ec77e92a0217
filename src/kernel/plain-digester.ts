import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

import { DIGEST_BLOCK_BYTES } from '../core/limits';
import type { PlainBytes } from '../core/partial';

/** The content digest of bytes of which nobody knows how many come: over the digests of their blocks, without keeping these. */
export class PlainDigester {
  bytes = 0;
  private readonly blocks = createHash('sha256');
  private block = createHash('sha256');

  /** `isDigested` false: the bytes are only counted, and the digest is one of nothing. */
  constructor(private readonly isDigested = true) {}

  push(chunk: Uint8Array): void {
    if (!this.isDigested) {
      this.bytes += chunk.length;
      return;
    }
    let start = 0;
    while (start < chunk.length) {
      const end = Math.min(chunk.length, start + DIGEST_BLOCK_BYTES - (this.bytes % DIGEST_BLOCK_BYTES));
      this.block.update(chunk.subarray(start, end));
      this.bytes += end - start;
      start = end;
      if (this.bytes % DIGEST_BLOCK_BYTES === 0) this.finishBlock();
    }
  }

  /** As if the bytes ended here; more may come. */
  snapshot(): PlainBytes {
    const blocks = this.blocks.copy();
    if (this.isDigested && this.bytes % DIGEST_BLOCK_BYTES > 0) blocks.update(this.block.copy().digest());
    return { bytes: this.bytes, digest: toPlainArray(blocks) };
  }

  private finishBlock(): void {
    this.blocks.update(this.block.digest());
    this.block = createHash('sha256');
  }
}

/** Not the Buffer itself, which is a view of a larger memory. */
function toPlainArray(hash: Hash): Uint8Array {
  return Uint8Array.from(hash.digest());
}
