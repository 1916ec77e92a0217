export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws a RangeError for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * How many times as long `theirs` took as `ours`, from runs taken in turn: the two of one round met the same machine, so each round gives
 * a ratio of its own. Throws a RangeError when the rounds differ in number.
 */
export function ratiosInTurn(theirs: readonly number[], ours: readonly number[]): Spread {
  if (theirs.length !== ours.length) throw new RangeError(`${theirs.length} runs cannot be paired with ${ours.length}`);
  return spreadOf(theirs.map((seconds, round) => seconds / (ours[round] ?? NaN)));
}
