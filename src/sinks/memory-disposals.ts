import type { DisposalTables, StoredDisposal } from './store-disposals';
import { MemoryTable, rowKey, type UndoLog } from './memory-tables';

export function memoryDisposals(log: UndoLog): DisposalTables {
  const table = new MemoryTable<StoredDisposal>(log);
  return {
    disposals: {
      read: async (fileIds) => {
        const wanted = new Set(fileIds);
        const found = table.all().filter(({ fileId }) => wanted.has(fileId));
        return found.sort(byAddress);
      },
      begun: async (pipeline, sourceId, limit) => {
        const found = table.all().filter((row) => row.pipeline === pipeline && row.sourceId === sourceId && row.state === 'begun');
        return found.sort((left, right) => left.begunMs - right.begunMs || byAddress(left, right)).slice(0, limit);
      },
      put: async (row) => table.set(rowKey(row.fileId, row.version), row),
    },
  };
}

function byAddress(left: StoredDisposal, right: StoredDisposal): number {
  if (left.fileId !== right.fileId) return left.fileId < right.fileId ? -1 : 1;
  return left.version - right.version;
}
