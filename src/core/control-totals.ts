/** What the writer of a file says is in it, and whether it is. Figures that are not given are not compared. */
import type { QuarantineReason } from './failures';
import type { Receipt } from './receipt';

export interface ControlTotals {
  readonly bytes?: number;
  readonly lines?: number;
  /** Accepted records. */
  readonly records?: number;
  /** Over all accepted records: the scaled integer as canonical decimal text, of any size. */
  readonly sum?: string;
  /** Hex, as in a receipt. */
  readonly contentDigest?: string;
}

export interface ControlVerdict {
  readonly reason: Extract<QuarantineReason, 'control_mismatch'>;
  readonly detail: string;
}

/** What was counted. The sum is null where nobody knows it any more: then it is not compared. */
export type FoundTotals = Pick<Receipt, 'bytes' | 'lines' | 'records' | 'contentDigest'> & { readonly sum: bigint | null };

/** In the order in which differences are told. */
export const CONTROL_FIGURES = ['bytes', 'lines', 'records', 'sum', 'contentDigest'] as const satisfies readonly (keyof ControlTotals)[];

/** Every figure that differs, or null. */
export function judgeControl(control: ControlTotals, found: FoundTotals, manifestKey: string): ControlVerdict | null {
  const differences = CONTROL_FIGURES.flatMap((figure) => {
    const expected = control[figure];
    const counted = found[figure];
    if (expected === undefined || counted === null || String(expected) === String(counted)) return [];
    return [`${figure}: expected ${expected}, found ${counted}`];
  });
  if (differences.length === 0) return null;
  return { reason: 'control_mismatch', detail: `${differences.join('; ')} (manifest ${manifestKey})` };
}
