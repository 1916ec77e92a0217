import { hasSampleText } from '../core/receipt';
import { rowKey, type MemoryTables } from './memory-tables';
import type { FileVersion } from './sink';
import type { ContributionAddress, ContributionTable, Posting, PostingTable, ReceiptTable, SumsIn } from './store';

const versionKey = ({ fileId, version }: FileVersion) => rowKey(fileId, version);

export function memoryContributions({ contributions }: MemoryTables): ContributionTable {
  const partKey = ({ fileId, version, period, part }: ContributionAddress) => rowKey(fileId, version, period, part);
  return {
    parts: async (files) => {
      const wanted = new Set(files.map(versionKey));
      const found = contributions.all().filter((row) => wanted.has(versionKey(row)));
      return found.sort(compareParts).map(({ digest: _, blob: __, ...part }) => part);
    },
    read: async (addresses) => addresses.flatMap((address) => contributions.get(partKey(address)) ?? []).sort(compareParts),
    insert: async (rows) => {
      for (const row of rows) contributions.set(partKey(row), row);
    },
    remove: async (files) => {
      const doomed = new Set(files.map(versionKey));
      contributions.deleteWhere((row) => doomed.has(versionKey(row)));
    },
  };
}

export function memoryReceipts({ files, receipts }: MemoryTables): ReceiptTable {
  return {
    read: async (wanted) => wanted.flatMap((file) => receipts.get(versionKey(file)) ?? []),
    latest: async (fileId) =>
      receipts
        .all()
        .filter((row) => row.fileId === fileId)
        .sort((left, right) => right.version - left.version)[0] ?? null,
    put: async (rows) => {
      for (const row of rows) receipts.set(versionKey(row), row);
    },
    sumsIn: async (pipeline) => {
      const sums = new Map<string, SumsIn>();
      for (const { fileId, inVersion, sizeBytes, period, ...row } of files.all()) {
        if (row.pipeline !== pipeline || inVersion === null) continue;
        const before = sums.get(period) ?? { period, files: 0, bytes: 0, lines: 0, records: 0, rejected: 0 };
        const { lines = 0, records = 0, rejected = 0 } = receipts.get(rowKey(fileId, inVersion))?.receipt ?? {};
        sums.set(period, {
          period,
          files: before.files + 1,
          bytes: before.bytes + sizeBytes,
          lines: before.lines + lines,
          records: before.records + records,
          rejected: before.rejected + rejected,
        });
      }
      return [...sums.values()].sort((left, right) => (left.period < right.period ? -1 : 1));
    },
    withSamples: async (pipeline, beforeMs, limit, only) =>
      receipts
        .all()
        .filter(({ fileId, receipt }) => {
          const row = files.get(fileId);
          return (
            hasSampleText(receipt) && row?.pipeline === pipeline && row.updatedMs < beforeMs && (only === undefined || fileId === only)
          );
        })
        .sort((left, right) => (left.fileId === right.fileId ? left.version - right.version : left.fileId < right.fileId ? -1 : 1))
        .slice(0, limit),
  };
}

export function memoryPostings({ postings }: MemoryTables): PostingTable {
  const inOrder = (pipeline: string) =>
    postings
      .all()
      .filter((row) => row.pipeline === pipeline)
      .map(({ pipeline: _, ...posting }) => posting)
      .sort(comparePostings);
  return {
    insert: async (pipeline, rows) => {
      for (const row of rows)
        postings.set(rowKey(pipeline, row.number, row.fileId, row.version, row.ofPeriod, row.sign), { ...row, pipeline });
    },
    page: async (pipeline, after, limit) =>
      inOrder(pipeline)
        .filter((row) => after === null || comparePostings(row, after) > 0)
        .slice(0, limit),
    ofFiles: async (pipeline, fileIds) => inOrder(pipeline).filter(({ fileId }) => fileIds.includes(fileId)),
  };
}

function compareParts(left: ContributionAddress, right: ContributionAddress): number {
  return (
    compareText(left.fileId, right.fileId) ||
    left.version - right.version ||
    compareText(left.period, right.period) ||
    left.part - right.part
  );
}

function comparePostings(left: Posting, right: Posting): number {
  return (
    left.number - right.number ||
    compareText(left.fileId, right.fileId) ||
    left.version - right.version ||
    compareText(left.ofPeriod, right.ofPeriod) ||
    left.sign - right.sign
  );
}

function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
