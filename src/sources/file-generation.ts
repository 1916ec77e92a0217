import type { BigIntStats } from 'node:fs';

/** What tells two contents under one path apart: size, modification time and inode. */
export function generationOf(stats: BigIntStats): string {
  return `dir:${String(stats.size)}:${String(stats.mtimeNs)}:${String(stats.ino)}`;
}
