import type { MemoryTable } from './memory-tables';
import { rowKey } from './memory-tables';
import type { TotalsAddress, TotalsRow } from './sink';
import type { TotalsDelta, TotalsTable } from './store-totals';
import { TotalsGroups } from './totals-groups';
import { compareAddresses } from './totals-order';

/** Staged deltas live within one transaction, and a transaction ends with a merge or with nothing: `staged` is emptied by whoever begins one. */
export function memoryTotals(totals: MemoryTable<TotalsRow & { readonly pipeline: string }>, staged: TotalsDelta[]): TotalsTable {
  const idOf = (pipeline: string, { period, key, adjusts }: TotalsAddress) =>
    rowKey(pipeline, period, Buffer.from(key).toString('latin1'), adjusts);
  return {
    read: async (pipeline, addresses) => addresses.flatMap((address) => withoutPipeline(totals.get(idOf(pipeline, address)))),
    page: async (pipeline, after, limit, period) =>
      totals
        .all()
        .filter((row) => row.pipeline === pipeline && (after === null || compareAddresses(row, after) > 0))
        .filter((row) => period === undefined || row.period === period)
        .sort(compareAddresses)
        .slice(0, limit)
        .flatMap(withoutPipeline),
    stage: async (_, deltas) => {
      staged.push(...deltas);
    },
    unstage: async (_, ordinal) => {
      const kept = staged.filter((delta) => delta.ordinal !== ordinal);
      staged.splice(0, staged.length, ...kept);
    },
    mergeStaged: async (pipeline) => {
      const groups = new TotalsGroups();
      const inOrder = [...staged].sort((left, right) => compareAddresses(left, right) || left.ordinal - right.ordinal);
      const after = inOrder.flatMap((delta) => groups.add(delta, totals.get(idOf(pipeline, delta)) ?? null));
      after.push(...groups.end());
      if (groups.overflow !== null) return groups.overflow;
      groups.requireHeld();
      for (const row of after) {
        if (row.count === 0n && row.sum === 0n) totals.delete(idOf(pipeline, row));
        else totals.set(idOf(pipeline, row), { pipeline, ...row, key: Uint8Array.from(row.key) });
      }
      staged.length = 0;
      return null;
    },
  };
}

function withoutPipeline(row: (TotalsRow & { readonly pipeline: string }) | undefined): TotalsRow[] {
  if (row === undefined) return [];
  const { period, key, adjusts, sum, count } = row;
  return [{ period, key, adjusts, sum, count }];
}
