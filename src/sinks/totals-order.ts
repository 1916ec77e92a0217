import { compareBytes } from '../core/byte-order';
import type { TotalsAddress } from './sink';

/** The order in which totals are read everywhere: period, key bytes, adjusts. */
export function compareAddresses(left: TotalsAddress, right: TotalsAddress): number {
  if (left.period !== right.period) return left.period < right.period ? -1 : 1;
  const byKey = compareBytes(left.key, right.key);
  if (byKey !== 0) return byKey;
  return left.adjusts === right.adjusts ? 0 : left.adjusts < right.adjusts ? -1 : 1;
}
