import { compareBytes } from '../core/byte-order';
import { assertInvariant } from '../core/failures';
import { rowKey, type MemoryTables } from './memory-tables';
import type { LedgerTable, PipelineTable, TotalsAddress, TotalsTable } from './store';

export function memoryPipelines({ pipelines }: MemoryTables): PipelineTable {
  const read = async (pipeline: string) => pipelines.get(pipeline) ?? null;
  return {
    list: async () => pipelines.all().sort((left, right) => (left.pipeline < right.pipeline ? -1 : 1)),
    read,
    lock: read,
    insert: async (row) => {
      if (pipelines.get(row.pipeline) === undefined) pipelines.set(row.pipeline, row);
    },
    update: async (row) => pipelines.set(row.pipeline, row),
  };
}

export function memoryTotals({ totals }: MemoryTables): TotalsTable {
  const idOf = (pipeline: string, { period, key }: TotalsAddress) => rowKey(pipeline, period, Buffer.from(key).toString('latin1'));
  return {
    read: async (pipeline, addresses) => addresses.flatMap((address) => totals.get(idOf(pipeline, address)) ?? []),
    page: async (pipeline, after, limit) =>
      totals
        .all()
        .filter((row) => row.pipeline === pipeline && (after === null || compareTotals(row, after) > 0))
        .sort(compareTotals)
        .slice(0, limit)
        .map(({ period, key, sum, count }) => ({ period, key, sum, count })),
    write: async (pipeline, rows) => {
      for (const { period, key, sum, count } of rows) {
        const id = idOf(pipeline, { period, key });
        if (count === 0n) totals.delete(id);
        else totals.set(id, { pipeline, period, key: Uint8Array.from(key), sum, count });
      }
    },
  };
}

export function memoryLedger({ ledger }: MemoryTables): LedgerTable {
  const inOrder = (pipeline: string) =>
    ledger
      .all()
      .filter((entry) => entry.pipeline === pipeline)
      .sort((left, right) => left.number - right.number);
  return {
    insert: async (pipeline, entries) => {
      for (const entry of entries) {
        const { number, fileId, version, kind } = entry;
        const isOnce = kind !== 'note' && fileId !== null;
        const twin = ledger.all().some((other) => other.fileId === fileId && other.version === version && other.kind === kind);
        assertInvariant(!(isOnce && twin), `the ledger has ${kind} of ${String(fileId)} version ${String(version)} already`);
        assertInvariant(ledger.get(rowKey(pipeline, number)) === undefined, `the ledger has number ${number} already`);
        ledger.set(rowKey(pipeline, number), { ...entry, pipeline });
      }
    },
    page: async (pipeline, afterNumber, limit) =>
      inOrder(pipeline)
        .filter(({ number }) => number > afterNumber)
        .slice(0, limit)
        .map(({ pipeline: _, ...entry }) => entry),
    ofFiles: async (pipeline, fileIds) => inOrder(pipeline).filter(({ fileId }) => fileId !== null && fileIds.includes(fileId)),
  };
}

function compareTotals(left: TotalsAddress, right: TotalsAddress): number {
  if (left.period !== right.period) return left.period < right.period ? -1 : 1;
  return compareBytes(left.key, right.key);
}
