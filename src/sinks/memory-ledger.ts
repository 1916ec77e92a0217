import { assertInvariant } from '../core/failures';
import { rowKey, type MemoryTables } from './memory-tables';
import type { LedgerTable, PipelineTable, PlanTable } from './store';

export function memoryPipelines(tables: MemoryTables): PipelineTable {
  const { pipelines, files, unsettled, partials, checkpoints, contributions, receipts, postings, totals, prunedTotals, ledger } = tables;
  const read = async (pipeline: string) => pipelines.get(pipeline) ?? null;
  return {
    list: async () => pipelines.all().sort((left, right) => (left.pipeline < right.pipeline ? -1 : 1)),
    read,
    lock: read,
    share: read,
    lockAlone: read,
    insert: async (row) => {
      if (pipelines.get(row.pipeline) === undefined) pipelines.set(row.pipeline, row);
    },
    update: async (row) => pipelines.set(row.pipeline, row),
    remove: async (pipeline) => {
      const ofPipeline = (row: { readonly pipeline: string }) => row.pipeline === pipeline;
      const fileIds = new Set(
        files
          .all()
          .filter(ofPipeline)
          .map(({ fileId }) => fileId),
      );
      for (const table of [partials, checkpoints, contributions, receipts]) table.deleteWhere(({ fileId }) => fileIds.has(fileId));
      for (const table of [files, unsettled, postings, totals, prunedTotals, ledger, pipelines]) table.deleteWhere(ofPipeline);
    },
  };
}

export function memoryPlans({ plans }: MemoryTables): PlanTable {
  const read = async (planId: string) => plans.get(planId) ?? null;
  return {
    insert: async (plan) => plans.set(plan.planId, plan),
    read,
    lock: read,
    list: async (pipeline, limit) =>
      plans
        .all()
        .filter((plan) => plan.pipeline === pipeline)
        .sort((left, right) => right.createdMs - left.createdMs)
        .slice(0, limit),
    update: async (plan) => plans.set(plan.planId, plan),
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
    ofKind: async (pipeline, kind) => inOrder(pipeline).filter((entry) => entry.kind === kind),
    lastNumberBefore: async (pipeline, beforeMs) =>
      Math.max(
        0,
        ...inOrder(pipeline)
          .filter(({ atMs }) => atMs < beforeMs)
          .map(({ number }) => number),
      ),
  };
}
