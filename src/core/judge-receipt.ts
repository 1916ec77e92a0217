import type { QuarantineReason } from './failures';
import { PERIODS_PER_FILE_MAX } from './limits';
import type { Policies } from './policies';
import type { Receipt } from './receipt';
import { REJECT_REASONS } from './reject';

export interface ReceiptVerdict {
  readonly reason: Extract<QuarantineReason, 'reject_budget' | 'unterminated_last_line' | 'too_many_periods'>;
  readonly detail: string;
}

/** Why the file is set aside although every byte of it is accounted for, or null. */
export function judgeReceipt(receipt: Receipt, policies: Pick<Policies, 'rejects' | 'unterminatedLastLine'>): ReceiptVerdict | null {
  const { rejected, records } = receipt;
  if (exceedsBudget(rejected, records, policies.rejects)) {
    const counts = REJECT_REASONS.flatMap((reason) => (receipt.rejects[reason] ? [`${receipt.rejects[reason].count} ${reason}`] : []));
    return { reason: 'reject_budget', detail: `${rejected} of ${rejected + records} lines were rejected: ${counts.join(', ')}` };
  }
  if (receipt.unterminatedLastLine && policies.unterminatedLastLine === 'quarantine') {
    return { reason: 'unterminated_last_line', detail: `the last of ${receipt.lines} lines has no line feed` };
  }
  const { periods = 0, firstPeriod = '', lastPeriod = '' } = receipt;
  if (periods > PERIODS_PER_FILE_MAX) {
    const detail = `its records belong to ${periods} periods, from ${firstPeriod} to ${lastPeriod}; a file may have ${PERIODS_PER_FILE_MAX}`;
    return { reason: 'too_many_periods', detail };
  }
  return null;
}

/** A limit that is absent does not apply; with neither, any reject exceeds the budget. */
export function exceedsBudget(rejected: number, records: number, { maxCount, maxRatio }: Policies['rejects']): boolean {
  if (rejected === 0) return false;
  if (maxCount === undefined && maxRatio === undefined) return true;
  if (maxCount !== undefined && rejected > maxCount) return true;
  return maxRatio !== undefined && rejected / (records + rejected) > maxRatio;
}
