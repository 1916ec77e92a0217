import { hasSampleText, type Receipt } from '../core/receipt';
import type { FileVersion } from './sink';
import type { SqliteConnection, SqliteParameters } from './sqlite-connection';
import { numbers } from './sqlite-files';
import type {
  ContributionPart,
  ContributionTable,
  Posting,
  PostingTable,
  ReceiptTable,
  StoredContribution,
  StoredReceipt,
  SumsIn,
} from './store';

/** The rows of a table that belong to a list of file versions, given as JSON. */
export const ofVersions = `(file_id, version) IN (SELECT value ->> 0, value ->> 1 FROM json_each(@versions))`;
const PART_COLUMNS = 'file_id AS fileId, version, period, part, entries';
const PART_ORDER = 'ORDER BY file_id, version, period, part';
const RECEIPT_COLUMNS = 'file_id AS fileId, version, receipt, partial_digests AS partialDigests';
const POSTING_COLUMNS = 'number, file_id AS fileId, version, of_period AS ofPeriod, period, sign';
const POSTING_ORDER = 'ORDER BY number, file_id, version, of_period, sign';

export function versions(files: readonly FileVersion[]): SqliteParameters {
  return { versions: JSON.stringify(files.map(({ fileId, version }) => [fileId, version])) };
}

export function sqliteContributions(connection: SqliteConnection): ContributionTable {
  return {
    parts: async (files) =>
      connection
        .all(`SELECT ${PART_COLUMNS} FROM contributions WHERE ${ofVersions} ${PART_ORDER}`, versions(files))
        .map((row) => numbers(row) as unknown as ContributionPart),
    read: async (addresses) => {
      const sql = `SELECT ${PART_COLUMNS}, digest, blob FROM contributions
        WHERE (file_id, version, period, part) IN (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(@addresses))
        ${PART_ORDER}`;
      const list = JSON.stringify(addresses.map(({ fileId, version, period, part }) => [fileId, version, period, part]));
      return connection.all(sql, { addresses: list }).map((row) => numbers(row) as unknown as StoredContribution);
    },
    insert: async (rows) => {
      const sql = 'INSERT INTO contributions VALUES (@fileId, @version, @period, @part, @entries, @digest, @blob)';
      for (const { fileId, version, period, part, entries, digest, blob } of rows) {
        connection.run(sql, { fileId, version, period, part, entries, digest, blob });
      }
    },
    remove: async (files) => {
      connection.run(`DELETE FROM contributions WHERE ${ofVersions}`, versions(files));
    },
  };
}

export function sqliteReceipts(connection: SqliteConnection): ReceiptTable {
  return {
    read: async (files) => connection.all(`SELECT ${RECEIPT_COLUMNS} FROM receipts WHERE ${ofVersions}`, versions(files)).map(toReceipt),
    latest: async (fileId) => {
      const sql = `SELECT ${RECEIPT_COLUMNS} FROM receipts WHERE file_id = @fileId ORDER BY version DESC LIMIT 1`;
      return connection.all(sql, { fileId }).map(toReceipt)[0] ?? null;
    },
    put: async (rows) => {
      const sql =
        'INSERT OR REPLACE INTO receipts VALUES (@fileId, @version, @records, @lines, @rejected, @hasSamples, @receipt, @partialDigests)';
      for (const { fileId, version, receipt, partialDigests } of rows) {
        const { records, lines, rejected } = receipt;
        const hasSamples = hasSampleText(receipt) ? 1 : 0;
        connection.run(sql, { fileId, version, records, lines, rejected, hasSamples, receipt: JSON.stringify(receipt), partialDigests });
      }
    },
    sumsIn: async (pipeline) => {
      const sql = `SELECT period, count(*) AS files, sum(size_bytes) AS bytes, coalesce(sum(lines), 0) AS lines,
          coalesce(sum(records), 0) AS records, coalesce(sum(rejected), 0) AS rejected
        FROM file_rows LEFT JOIN receipts ON receipts.file_id = file_rows.file_id AND receipts.version = file_rows.in_version
        WHERE pipeline = @pipeline AND in_version IS NOT NULL GROUP BY period ORDER BY period`;
      return connection.all(sql, { pipeline }).map((row) => numbers(row) as unknown as SumsIn);
    },
    withSamples: async (pipeline, beforeMs, limit, fileId) => {
      const sql = `SELECT receipts.file_id AS fileId, receipts.version, receipt, partial_digests AS partialDigests
        FROM receipts JOIN file_rows ON file_rows.file_id = receipts.file_id
        WHERE has_samples = 1 AND pipeline = @pipeline AND updated_ms < @beforeMs
          ${fileId === undefined ? '' : 'AND receipts.file_id = @fileId'} ORDER BY receipts.file_id, receipts.version LIMIT @limit`;
      return connection.all(sql, { pipeline, beforeMs, limit, ...(fileId !== undefined && { fileId }) }).map(toReceipt);
    },
  };
}

export function sqlitePostings(connection: SqliteConnection): PostingTable {
  const toPosting = (row: Readonly<Record<string, unknown>>) => numbers(row) as unknown as Posting;
  return {
    insert: async (pipeline, rows) => {
      const sql = 'INSERT INTO postings VALUES (@pipeline, @number, @fileId, @version, @ofPeriod, @period, @sign)';
      for (const { number, fileId, version, ofPeriod, period, sign } of rows) {
        connection.run(sql, { pipeline, number, fileId, version, ofPeriod, period, sign });
      }
    },
    page: async (pipeline, after, limit) => {
      const select = `SELECT ${POSTING_COLUMNS} FROM postings WHERE pipeline = @pipeline`;
      if (after === null) return connection.all(`${select} ${POSTING_ORDER} LIMIT @limit`, { pipeline, limit }).map(toPosting);
      const { number, fileId, version, ofPeriod, sign } = after;
      const sql = `${select} AND (number, file_id, version, of_period, sign) > (@number, @fileId, @version, @ofPeriod, @sign) ${POSTING_ORDER} LIMIT @limit`;
      return connection.all(sql, { pipeline, limit, number, fileId, version, ofPeriod, sign }).map(toPosting);
    },
    ofFiles: async (pipeline, fileIds) => {
      // The plus keeps the planner off the primary key, which would read all postings for each page of files.
      const sql = `SELECT ${POSTING_COLUMNS} FROM postings
        WHERE +pipeline = @pipeline AND file_id IN (SELECT value FROM json_each(@fileIds)) ${POSTING_ORDER}`;
      return connection.all(sql, { pipeline, fileIds: JSON.stringify(fileIds) }).map(toPosting);
    },
  };
}

function toReceipt(row: Readonly<Record<string, unknown>>): StoredReceipt {
  return { ...(numbers(row) as unknown as StoredReceipt), receipt: JSON.parse(row['receipt'] as string) as Receipt };
}
