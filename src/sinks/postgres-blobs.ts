import type { PostgresConnection } from './postgres-connection';
import { GIVEN_VERSIONS, lookUpVersions, versionsAsJson } from './postgres-versions';
import type { BlobTable, StoredPartial } from './store';

const TERMINAL_STATES = `('in', 'out', 'quarantined', 'superseded', 'alias')`;
const PARTIAL = `file_id AS "fileId", found.version, plan_digest AS "planDigest", split_index AS "splitIndex", digest`;

export function postgresBlobs(connection: PostgresConnection): BlobTable {
  return {
    partialDigests: async ({ fileId, version }) => {
      const sql = `SELECT ${PARTIAL} FROM partials AS found WHERE file_id = $1 AND version = $2`;
      return (await connection.rows(sql, [fileId, version])) as unknown as StoredPartial[];
    },
    partials: async (files) => {
      const sql = `SELECT ${PARTIAL}, blob FROM ${lookUpVersions('partials')}`;
      return (await connection.rows(sql, [versionsAsJson(files)])) as unknown as StoredPartial[];
    },
    insertPartial: async ({ fileId, version, planDigest, splitIndex, digest, entries, blob }) => {
      const sql = `INSERT INTO partials (file_id, version, plan_digest, split_index, digest, entries, blob) VALUES ($1, $2, $3, $4, $5, $6, $7)`;
      await connection.run(sql, [fileId, version, planDigest, splitIndex, digest, entries, blob]);
    },
    removePartials: async ({ fileId, version }, splitIndexes) => {
      const sql = 'DELETE FROM partials WHERE file_id = $1 AND version = $2 AND split_index = ANY($3)';
      await connection.run(sql, [fileId, version, splitIndexes]);
    },
    checkpoint: async ({ fileId, version, planDigest, splitIndex }, digest) => {
      const sql = `SELECT blob FROM checkpoints WHERE file_id = $1 AND version = $2 AND plan_digest = $3 AND split_index = $4 AND digest = $5`;
      const [row] = await connection.rows(sql, [fileId, version, planDigest, splitIndex, digest]);
      return (row?.['blob'] as Uint8Array | undefined) ?? null;
    },
    insertCheckpoint: async ({ fileId, version, planDigest, splitIndex }, digest, blob) => {
      const sql = `INSERT INTO checkpoints (file_id, version, plan_digest, split_index, digest, blob) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING`;
      await connection.run(sql, [fileId, version, planDigest, splitIndex, digest, blob]);
    },
    collect: async (files) => {
      if (files.length === 0) return;
      for (const table of ['partials', 'checkpoints']) {
        const sql = `DELETE FROM ${table} USING ${GIVEN_VERSIONS} WHERE file_id = given."fileId" AND ${table}.version <= given.version`;
        await connection.run(sql, [versionsAsJson(files)]);
      }
    },
    uncollected: async (pipeline, limit) => {
      const sql = `SELECT DISTINCT file_id AS "fileId" FROM file_rows
        JOIN (SELECT file_id, version AS blob_version FROM partials UNION SELECT file_id, version FROM checkpoints) AS blobs USING (file_id)
        WHERE pipeline = $1 AND (state IN ${TERMINAL_STATES} OR version > blob_version) LIMIT $2`;
      return (await connection.rows(sql, [pipeline, limit])).map((row) => row['fileId'] as string);
    },
  };
}
