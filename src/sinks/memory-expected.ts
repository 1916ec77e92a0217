import type {
  ArrivalTable,
  ExpectedFile,
  ExpectedTable,
  ExpectedTables,
  ManifestTable,
  StoredArrival,
  StoredManifest,
} from './store-expected';
import { MemoryTable, rowKey, type UndoLog } from './memory-tables';

export function memoryExpected(log: UndoLog): ExpectedTables {
  return {
    expected: expectedTable(new MemoryTable(log)),
    manifests: manifestTable(new MemoryTable(log)),
    arrivals: arrivalTable(new MemoryTable(log)),
  };
}

function expectedTable(files: MemoryTable<ExpectedFile>): ExpectedTable {
  const read = async (pipeline: string, sourceId: string, sourceKeys: readonly string[]) =>
    [...new Set(sourceKeys)].flatMap((sourceKey) => files.get(rowKey(pipeline, sourceId, sourceKey)) ?? []);
  const put = async (rows: readonly ExpectedFile[]) => {
    for (const row of rows) files.set(rowKey(row.pipeline, row.sourceId, row.sourceKey), row);
  };
  return {
    read,
    put,
    withdraw: async (pipeline, sourceId, manifestKey, kept) => {
      const keys = new Set(kept);
      files.deleteWhere(
        (row) => row.pipeline === pipeline && row.sourceId === sourceId && row.manifestKey === manifestKey && !keys.has(row.sourceKey),
      );
    },
    markCame: async (pipeline, sourceId, sourceKeys, cameMs) => {
      const waiting = (await read(pipeline, sourceId, sourceKeys)).filter((row) => row.cameMs === null);
      await put(waiting.map((row) => ({ ...row, cameMs })));
    },
    overdue: async (pipeline, beforeMs, limit) => {
      const overdue = files.all().filter((row) => row.pipeline === pipeline && row.cameMs === null && row.dueMs < beforeMs);
      return { files: overdue.length, first: overdue.sort(byDue).slice(0, limit) };
    },
  };
}

function byDue(left: ExpectedFile, right: ExpectedFile): number {
  if (left.dueMs !== right.dueMs) return left.dueMs - right.dueMs;
  return rowKey(left.sourceId, left.sourceKey) < rowKey(right.sourceId, right.sourceKey) ? -1 : 1;
}

function manifestTable(manifests: MemoryTable<StoredManifest>): ManifestTable {
  const malformed = (pipeline: string) => manifests.all().filter((row) => row.pipeline === pipeline && row.state === 'malformed');
  return {
    read: async (pipeline, sourceId, keys) => [...new Set(keys)].flatMap((key) => manifests.get(rowKey(pipeline, sourceId, key)) ?? []),
    put: async (row) => manifests.set(rowKey(row.pipeline, row.sourceId, row.manifestKey), row),
    malformed: async (pipeline, limit) =>
      malformed(pipeline)
        .sort((left, right) => (rowKey(left.sourceId, left.manifestKey) < rowKey(right.sourceId, right.manifestKey) ? -1 : 1))
        .slice(0, limit),
    hasMalformedBatch: async (pipeline, sourceId) => malformed(pipeline).some((row) => row.sourceId === sourceId && row.isBatch),
    removeMalformed: async (pipeline, sourceId, beforeMs) =>
      manifests.deleteWhere(
        (row) => row.pipeline === pipeline && row.sourceId === sourceId && row.state === 'malformed' && row.readMs < beforeMs,
      ),
  };
}

function arrivalTable(arrivals: MemoryTable<StoredArrival>): ArrivalTable {
  return {
    list: async (pipeline) =>
      arrivals
        .all()
        .filter((row) => row.pipeline === pipeline)
        .sort((left, right) => (left.sourceId < right.sourceId ? -1 : 1)),
    put: async (row) => arrivals.set(rowKey(row.pipeline, row.sourceId), row),
    remove: async (pipeline, sourceId) => {
      arrivals.delete(rowKey(pipeline, sourceId));
    },
  };
}
