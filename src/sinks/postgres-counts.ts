/** What versions came to: their contributions and receipts. */
import { hasSampleText, type Receipt } from '../core/receipt';
import { Columns, lookUp, rowsAsJson } from './postgres-columns';
import type { PostgresConnection, PostgresRow } from './postgres-connection';
import { CopyWriter } from './postgres-copy-writer';
import { GIVEN_VERSIONS, lookUpVersions, versionsAsJson } from './postgres-versions';
import type { ContributionPart, ContributionTable, ReceiptTable, StoredContribution, StoredReceipt, SumsIn } from './store';

const ADDRESS = new Columns({
  fileId: ['file_id', 'text'],
  version: ['version', 'int'],
  period: ['period', 'text'],
  part: ['part', 'int'],
});
const PART = `file_id AS "fileId", found.version, found.period, found.part, entries`;
const PART_ORDER = 'ORDER BY file_id, found.version, found.period, found.part';

export function postgresContributions(connection: PostgresConnection): ContributionTable {
  return {
    parts: async (files) => {
      const sql = `SELECT ${PART} FROM ${lookUpVersions('contributions')} ${PART_ORDER}`;
      return (await connection.rows(sql, [versionsAsJson(files)])) as unknown as ContributionPart[];
    },
    read: async (addresses) => {
      const where = 'file_id = given."fileId" AND version = given.version AND period = given.period AND part = given.part';
      const sql = `SELECT ${PART}, digest, blob FROM ${lookUp(ADDRESS.given('$1'), 'contributions', where)} ${PART_ORDER}`;
      const list = addresses.map(({ fileId, version, period, part }) => ({ fileId, version, period, part }));
      return (await connection.rows(sql, [rowsAsJson(list)])) as unknown as StoredContribution[];
    },
    insert: async (rows) => {
      if (rows.length === 0) return;
      const copy = new CopyWriter();
      for (const { fileId, version, period, part, entries, digest, blob } of rows) {
        copy.row(7);
        copy.text(fileId);
        copy.int(version);
        copy.text(period);
        copy.int(part);
        copy.int(entries);
        copy.text(digest);
        copy.blob(blob);
      }
      const sql = 'COPY contributions (file_id, version, period, part, entries, digest, blob) FROM STDIN (FORMAT binary)';
      await connection.copyIn(sql, copy.end());
    },
    remove: async (files) => {
      if (files.length === 0) return;
      const sql = `DELETE FROM contributions USING ${GIVEN_VERSIONS} WHERE file_id = given."fileId" AND contributions.version = given.version`;
      await connection.run(sql, [versionsAsJson(files)]);
    },
  };
}

const RECEIPT = new Columns({
  fileId: ['file_id', 'text'],
  version: ['version', 'int'],
  records: ['records', 'bigint'],
  lines: ['lines', 'bigint'],
  rejected: ['rejected', 'bigint'],
  hasSamples: ['has_samples', 'boolean'],
  receipt: ['receipt', 'text'],
  partialDigests: ['partial_digests', 'text'],
});
const storedReceipt = (table: string) => `${table}.file_id AS "fileId", ${table}.version, receipt, partial_digests AS "partialDigests"`;

export function postgresReceipts(connection: PostgresConnection): ReceiptTable {
  return {
    read: async (files) => {
      const sql = `SELECT ${storedReceipt('found')} FROM ${lookUpVersions('receipts')}`;
      return (await connection.rows(sql, [versionsAsJson(files)])).map(toReceipt);
    },
    latest: async (fileId) => {
      const sql = `SELECT ${storedReceipt('receipts')} FROM receipts WHERE file_id = $1 ORDER BY version DESC LIMIT 1`;
      return (await connection.rows(sql, [fileId])).map(toReceipt)[0] ?? null;
    },
    put: async (rows) => {
      if (rows.length === 0) return;
      const sql = `INSERT INTO receipts (${RECEIPT.names}) SELECT ${RECEIPT.values} FROM ${RECEIPT.given('$1')}
        ON CONFLICT (file_id, version) DO UPDATE SET records = excluded.records, lines = excluded.lines, rejected = excluded.rejected,
          has_samples = excluded.has_samples, receipt = excluded.receipt, partial_digests = excluded.partial_digests`;
      await connection.run(sql, [rowsAsJson(rows.map(toColumns))]);
    },
    sumsIn: async (pipeline) => {
      const sql = `SELECT period, count(*) AS files, sum(size_bytes)::bigint AS bytes, coalesce(sum(lines), 0)::bigint AS lines,
          coalesce(sum(records), 0)::bigint AS records, coalesce(sum(rejected), 0)::bigint AS rejected
        FROM file_rows LEFT JOIN receipts ON receipts.file_id = file_rows.file_id AND receipts.version = file_rows.in_version
        WHERE pipeline = $1 AND in_version IS NOT NULL GROUP BY period ORDER BY period`;
      return (await connection.rows(sql, [pipeline])) as unknown as SumsIn[];
    },
    withSamples: async (pipeline, beforeMs, limit, fileId) => {
      const sql = `SELECT ${storedReceipt('receipts')} FROM receipts JOIN file_rows ON file_rows.file_id = receipts.file_id
        WHERE has_samples AND pipeline = $1 AND updated_ms < $2 AND receipts.file_id = coalesce($4, receipts.file_id)
        ORDER BY receipts.file_id, receipts.version LIMIT $3`;
      return (await connection.rows(sql, [pipeline, beforeMs, limit, fileId ?? null])).map(toReceipt);
    },
  };
}

function toColumns({ fileId, version, receipt, partialDigests }: StoredReceipt): object {
  const { records, lines, rejected } = receipt;
  const hasSamples = hasSampleText(receipt);
  return { fileId, version, records, lines, rejected, hasSamples, receipt: JSON.stringify(receipt), partialDigests };
}

function toReceipt(row: PostgresRow): StoredReceipt {
  return { ...(row as unknown as StoredReceipt), receipt: JSON.parse(row['receipt'] as string) as Receipt };
}
