/** The digests of Tallyline: all sha256, by the platform's own code. */
import { createHash } from 'node:crypto';

import type { BlockHasher } from '../core/counter';
import { fileIdentity, planText } from '../core/ids';
import type { FileIdentity } from '../core/ids';
import type { Plan } from '../core/plan';

const FILE_ID_HEX_DIGITS = 32;

export function sha256Hex(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** 32 hex digits. Takes any object that has these members among others. */
export function fileIdOf(file: FileIdentity): string {
  return sha256Hex(fileIdentity(file)).slice(0, FILE_ID_HEX_DIGITS);
}

/** 64 hex digits. */
export function planDigestOf(plan: Plan): string {
  return sha256Hex(planText(plan));
}

/** For the blocks of the content digest; why sha256 is in docs/decisions/0002-content-digest.md. */
export function createBlockHasher(): BlockHasher {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}
