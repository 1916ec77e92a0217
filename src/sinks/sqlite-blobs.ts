import type { Receipt } from '../core/receipt';
import type { SqliteConnection, SqliteParameters } from './sqlite-connection';
import { numbers } from './sqlite-files';
import type { FileVersion } from './sink';
import type { BlobTable, ContributionTable, StoredContribution, StoredPartial, StoredReceipt } from './store';

/** The rows of a table that belong to a list of file versions, given as JSON. */
const OF_VERSIONS = `(file_id, version) IN (SELECT value ->> 0, value ->> 1 FROM json_each(@versions))`;
const TERMINAL_STATES = `('in', 'out', 'quarantined', 'superseded', 'alias')`;
const RECEIPT_COLUMNS = 'file_id AS fileId, version, receipt, partial_digests AS partialDigests';

export function sqliteBlobs(connection: SqliteConnection): BlobTable {
  return {
    partialDigests: async ({ fileId, version }) => {
      const sql = `SELECT plan_digest AS planDigest, split_index AS splitIndex, digest FROM partials WHERE file_id = @fileId AND version = @version`;
      return connection.all(sql, { fileId, version }).map((row) => numbers(row) as unknown as StoredPartial);
    },
    partials: async (files) => {
      const sql = `SELECT file_id AS fileId, version, plan_digest AS planDigest, split_index AS splitIndex, digest, blob FROM partials WHERE ${OF_VERSIONS}`;
      return connection.all(sql, versions(files)).map((row) => numbers(row) as unknown as StoredPartial);
    },
    insertPartial: async ({ fileId, version, planDigest, splitIndex, digest, entries, blob }) => {
      const sql = 'INSERT INTO partials VALUES (@fileId, @version, @planDigest, @splitIndex, @digest, @entries, @blob)';
      connection.run(sql, { fileId, version, planDigest, splitIndex, digest, entries, blob });
    },
    removePartials: async ({ fileId, version }, splitIndexes) => {
      const sql =
        'DELETE FROM partials WHERE file_id = @fileId AND version = @version AND split_index IN (SELECT value FROM json_each(@indexes))';
      connection.run(sql, { fileId, version, indexes: JSON.stringify(splitIndexes) });
    },
    checkpoint: async ({ fileId, version, planDigest, splitIndex }, digest) => {
      const sql = `SELECT blob FROM checkpoints
        WHERE file_id = @fileId AND version = @version AND plan_digest = @planDigest AND split_index = @splitIndex AND digest = @digest`;
      const [row] = connection.all(sql, { fileId, version, planDigest, splitIndex, digest });
      return (row?.['blob'] as Uint8Array | undefined) ?? null;
    },
    insertCheckpoint: async ({ fileId, version, planDigest, splitIndex }, digest, blob) => {
      const sql = 'INSERT INTO checkpoints VALUES (@fileId, @version, @planDigest, @splitIndex, @digest, @blob) ON CONFLICT DO NOTHING';
      connection.run(sql, { fileId, version, planDigest, splitIndex, digest, blob });
    },
    collect: async (files) => {
      for (const { fileId, version } of files) {
        connection.run('DELETE FROM partials WHERE file_id = @fileId AND version <= @version', { fileId, version });
        connection.run('DELETE FROM checkpoints WHERE file_id = @fileId AND version <= @version', { fileId, version });
      }
    },
    uncollected: async (pipeline, limit) => {
      const sql = `SELECT DISTINCT file_id AS fileId FROM files
        JOIN (SELECT file_id, version AS blob_version FROM partials UNION SELECT file_id, version FROM checkpoints) USING (file_id)
        WHERE pipeline = @pipeline AND (state IN ${TERMINAL_STATES} OR version > blob_version) LIMIT @limit`;
      return connection.all(sql, { pipeline, limit }).map((row) => row['fileId'] as string);
    },
  };
}

export function sqliteContributions(connection: SqliteConnection): ContributionTable {
  return {
    read: async (files) => {
      const sql = `SELECT file_id AS fileId, version, period, digest, blob FROM contributions WHERE ${OF_VERSIONS} ORDER BY file_id, period`;
      return connection.all(sql, versions(files)).map((row) => numbers(row) as unknown as StoredContribution);
    },
    insert: async (rows) => {
      for (const { fileId, version, period, digest, blob } of rows) {
        connection.run('INSERT INTO contributions VALUES (@fileId, @version, @period, @digest, @blob)', {
          fileId,
          version,
          period,
          digest,
          blob,
        });
      }
    },
    receipts: async (files) =>
      connection.all(`SELECT ${RECEIPT_COLUMNS} FROM receipts WHERE ${OF_VERSIONS}`, versions(files)).map(toReceipt),
    latestReceipt: async (fileId) => {
      const sql = `SELECT ${RECEIPT_COLUMNS} FROM receipts WHERE file_id = @fileId ORDER BY version DESC LIMIT 1`;
      return connection.all(sql, { fileId }).map(toReceipt)[0] ?? null;
    },
    putReceipts: async (rows) => {
      const sql = 'INSERT OR REPLACE INTO receipts VALUES (@fileId, @version, @records, @receipt, @partialDigests)';
      for (const { fileId, version, receipt, partialDigests } of rows) {
        connection.run(sql, { fileId, version, records: receipt.records, receipt: JSON.stringify(receipt), partialDigests });
      }
    },
    sumsIn: async (pipeline) => {
      const sql = `SELECT coalesce(sum(size_bytes), 0) AS bytes, coalesce(sum(records), 0) AS records
        FROM files JOIN receipts ON receipts.file_id = files.file_id AND receipts.version = files.in_version WHERE pipeline = @pipeline`;
      const row = connection.all(sql, { pipeline })[0] ?? {};
      return { bytes: Number(row['bytes']), records: Number(row['records']) };
    },
  };
}

function versions(files: readonly FileVersion[]): SqliteParameters {
  return { versions: JSON.stringify(files.map(({ fileId, version }) => [fileId, version])) };
}

function toReceipt(row: Readonly<Record<string, unknown>>): StoredReceipt {
  return { ...(numbers(row) as unknown as StoredReceipt), receipt: JSON.parse(row['receipt'] as string) as Receipt };
}
