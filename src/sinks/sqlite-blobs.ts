import type { SqliteConnection } from './sqlite-connection';
import { ofVersions, versions } from './sqlite-counts';
import { numbers } from './sqlite-files';
import type { BlobTable, StoredPartial } from './store';

const TERMINAL_STATES = `('in', 'out', 'quarantined', 'superseded', 'alias')`;

export function sqliteBlobs(connection: SqliteConnection): BlobTable {
  return {
    partialDigests: async ({ fileId, version }) => {
      const sql = `SELECT plan_digest AS planDigest, split_index AS splitIndex, digest FROM partials WHERE file_id = @fileId AND version = @version`;
      return connection.all(sql, { fileId, version }).map((row) => numbers(row) as unknown as StoredPartial);
    },
    partials: async (files) => {
      const sql = `SELECT file_id AS fileId, version, plan_digest AS planDigest, split_index AS splitIndex, digest, blob FROM partials WHERE ${ofVersions}`;
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
      const sql = `SELECT DISTINCT file_id AS fileId FROM file_rows
        JOIN (SELECT file_id, version AS blob_version FROM partials UNION SELECT file_id, version FROM checkpoints) USING (file_id)
        WHERE pipeline = @pipeline AND (state IN ${TERMINAL_STATES} OR version > blob_version) LIMIT @limit`;
      return connection.all(sql, { pipeline, limit }).map((row) => row['fileId'] as string);
    },
  };
}
