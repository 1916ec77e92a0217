import { createHash } from 'node:crypto';

/** sha256 as 64 hex digits: the digest of blobs and, over block digests, of contents. */
export function sha256Hex(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
