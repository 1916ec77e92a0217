import { isTerminal } from '../core/file-row';
import { rowKey, type MemoryTables } from './memory-tables';
import type { FileVersion, PartialAddress } from './sink';
import type { BlobTable } from './store';

export function memoryBlobs(tables: MemoryTables): BlobTable {
  const { files, partials, checkpoints } = tables;
  const ofVersion = (file: FileVersion) =>
    partials.all().filter(({ fileId, version }) => fileId === file.fileId && version === file.version);
  const addressKey = ({ fileId, version, planDigest, splitIndex }: PartialAddress) => rowKey(fileId, version, planDigest, splitIndex);
  return {
    partialDigests: async (file) => ofVersion(file),
    partials: async (wanted) => wanted.flatMap(ofVersion),
    insertPartial: async (partial) => partials.set(addressKey(partial), partial),
    removePartials: async (file, splitIndexes) => {
      partials.deleteWhere((row) => row.fileId === file.fileId && row.version === file.version && splitIndexes.includes(row.splitIndex));
    },
    checkpoint: async (address, digest) => checkpoints.get(rowKey(addressKey(address), digest))?.blob ?? null,
    insertCheckpoint: async ({ fileId, version, ...address }, digest, blob) => {
      const key = rowKey(addressKey({ fileId, version, ...address }), digest);
      if (checkpoints.get(key) === undefined) checkpoints.set(key, { fileId, version, blob });
    },
    collect: async (wanted) => {
      const upTo = new Map(wanted.map(({ fileId, version }) => [fileId, version]));
      const isDoomed = ({ fileId, version }: FileVersion) => version <= (upTo.get(fileId) ?? 0);
      partials.deleteWhere(isDoomed);
      checkpoints.deleteWhere(isDoomed);
    },
    uncollected: async (pipeline, limit) => {
      const left = [...partials.all(), ...checkpoints.all()].filter(({ fileId, version }) => {
        const row = files.get(fileId);
        return row?.pipeline === pipeline && (isTerminal(row.state) || row.version > version);
      });
      return [...new Set(left.map(({ fileId }) => fileId))].slice(0, limit);
    },
  };
}
