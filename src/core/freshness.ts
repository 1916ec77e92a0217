/** How soon a file is in the totals, held against what is promised: a quarter of an hour, and a minute more for each GiB. */
export type Freshness = 'target' | 'four_targets' | 'late';

const TARGET_MS = 15 * 60_000;
const TARGET_MS_PER_GIB = 60_000;
const GIB = 1024 ** 3;

/** `ageMs`: from its first sight on. */
export function freshnessOf(ageMs: number, sizeBytes: number): Freshness {
  const targetMs = TARGET_MS + (TARGET_MS_PER_GIB * sizeBytes) / GIB;
  if (ageMs <= targetMs) return 'target';
  return ageMs <= 4 * targetMs ? 'four_targets' : 'late';
}
