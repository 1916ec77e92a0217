import type { FileState } from '../core/file-row';
import { rowKey, type MemoryTables } from './memory-tables';
import type { FileGroup, FileTable, StoredFile, UnsettledTable } from './store';

export function memoryFiles(tables: MemoryTables): FileTable {
  const { files, partials, sequence } = tables;
  const ofPipeline = (pipeline: string) => files.all().filter((row) => row.pipeline === pipeline);
  const read = async (fileIds: readonly string[]) => fileIds.flatMap((fileId) => files.get(fileId) ?? []);
  return {
    read,
    lock: read,
    lockCounted: async (pipeline, limit) =>
      ofPipeline(pipeline)
        .filter(({ state }) => state === 'counted')
        .sort((left, right) => (left.fileId < right.fileId ? -1 : 1))
        .slice(0, limit)
        .map((row) => {
          const own = partials.all().filter(({ fileId, version }) => fileId === row.fileId && version === row.version);
          return { row, entries: own.reduce((sum, { entries }) => sum + entries, 0) };
        }),
    generations: async (pipeline, wanted) => {
      const keys = new Set(wanted.map(({ sourceId, sourceKey }) => rowKey(sourceId, sourceKey)));
      return ofPipeline(pipeline).filter(({ sourceId, sourceKey }) => keys.has(rowKey(sourceId, sourceKey)));
    },
    bySourceKey: async (pipeline, sourceKey) =>
      ofPipeline(pipeline)
        .filter((row) => row.sourceKey === sourceKey)
        .sort((left, right) => right.sequence - left.sequence),
    holders: async (pipeline, digests) =>
      ofPipeline(pipeline).filter((row) => row.inContentDigest !== null && digests.includes(row.inContentDigest)),
    list: async ({ pipeline, sourceId, states, afterSequence, limit }) =>
      inOrder(ofPipeline(pipeline))
        .filter(
          (row) =>
            row.sequence > afterSequence && (sourceId === undefined || row.sourceId === sourceId) && (states?.includes(row.state) ?? true),
        )
        .slice(0, limit),
    count: async (pipeline, state) => ofPipeline(pipeline).filter((row) => row.state === state).length,
    backlog: async ({ pipeline, sourceId, state: asked, afterSequence }) => {
      const rows = ofPipeline(pipeline).filter((row) => row.sourceId === sourceId);
      const inState = (state: FileState) => rows.filter((row) => row.state === state);
      return {
        counting: inState('counting').length,
        counted: inState('counted').length,
        before: inState(asked).filter((row) => row.sequence <= afterSequence).length,
      };
    },
    groups: async (pipeline) => groupFiles(tables, ofPipeline(pipeline)),
    insert: async (rows) => {
      const fresh = rows.filter(({ fileId }) => files.get(fileId) === undefined);
      for (const row of fresh) {
        const next = (sequence.get('') ?? 0) + 1;
        sequence.set('', next);
        files.set(row.fileId, { ...row, sequence: next });
      }
      return fresh.length;
    },
    update: async (rows) => {
      for (const row of rows) files.set(row.fileId, row);
    },
  };
}

export function memoryUnsettled({ unsettled }: MemoryTables): UnsettledTable {
  return {
    read: async (pipeline, sourceId, sourceKeys) =>
      sourceKeys.flatMap((sourceKey) => unsettled.get(rowKey(pipeline, sourceId, sourceKey)) ?? []),
    put: async (rows) => {
      for (const row of rows) unsettled.set(rowKey(row.pipeline, row.sourceId, row.sourceKey), row);
    },
    remove: async (pipeline, sourceId, sourceKeys) => {
      for (const sourceKey of sourceKeys) unsettled.delete(rowKey(pipeline, sourceId, sourceKey));
    },
    removeBefore: async (pipeline, sourceId, beforeMs) =>
      unsettled.deleteWhere((row) => row.pipeline === pipeline && row.sourceId === sourceId && row.lastSeenMs < beforeMs),
    summary: async (pipeline) => {
      const rows = unsettled.all().filter((row) => row.pipeline === pipeline);
      const bytes = rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return { files: rows.length, bytes, oldestMs: Math.min(...rows.map(({ firstSeenMs }) => firstSeenMs)) };
    },
  };
}

function inOrder(rows: readonly StoredFile[]): StoredFile[] {
  return [...rows].sort((left, right) => left.sequence - right.sequence);
}

function groupFiles({ receipts }: MemoryTables, rows: readonly StoredFile[]): FileGroup[] {
  const groups = new Map<string, FileGroup>();
  for (const { fileId, version, state, reason, inVersion, period, sizeBytes, firstSeenMs } of rows) {
    const isIn = inVersion !== null;
    const key = rowKey(state, reason ?? '', String(isIn), period);
    const before = groups.get(key) ?? { files: 0, bytes: 0, lines: 0, oldestMs: firstSeenMs };
    const counted = receipts.get(rowKey(fileId, version))?.receipt.lines ?? 0;
    const [files, bytes, lines] = [before.files + 1, before.bytes + sizeBytes, before.lines + counted];
    groups.set(key, { state, reason, isIn, period, files, bytes, lines, oldestMs: Math.min(before.oldestMs, firstSeenMs) });
  }
  return [...groups.values()];
}
