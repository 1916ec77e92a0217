import { Columns, rowsAsJson } from './postgres-columns';
import type { PostgresConnection } from './postgres-connection';
import type { UnsettledFile, UnsettledTable } from './store';

const UNSETTLED = new Columns({
  pipeline: ['pipeline', 'text'],
  sourceId: ['source_id', 'text'],
  sourceKey: ['source_key', 'text'],
  generation: ['generation', 'text'],
  sizeBytes: ['size_bytes', 'bigint'],
  firstSeenMs: ['first_seen_ms', 'bigint'],
  lastSeenMs: ['last_seen_ms', 'bigint'],
});

export function postgresUnsettled(connection: PostgresConnection): UnsettledTable {
  return {
    read: async (pipeline, sourceId, sourceKeys) => {
      const sql = `SELECT ${UNSETTLED.selected} FROM unsettled WHERE pipeline = $1 AND source_id = $2 AND source_key = ANY($3)`;
      return (await connection.rows(sql, [pipeline, sourceId, sourceKeys])) as unknown as UnsettledFile[];
    },
    put: async (rows) => {
      if (rows.length === 0) return;
      // In one order, so that two scans of one source do not wait for each other.
      const sql = `INSERT INTO unsettled (${UNSETTLED.names}) SELECT ${UNSETTLED.values} FROM ${UNSETTLED.given('$1')} ORDER BY 1, 2, 3
        ON CONFLICT (pipeline, source_id, source_key) DO UPDATE SET generation = excluded.generation, size_bytes = excluded.size_bytes,
          first_seen_ms = excluded.first_seen_ms, last_seen_ms = excluded.last_seen_ms`;
      await connection.run(sql, [rowsAsJson(rows)]);
    },
    remove: async (pipeline, sourceId, sourceKeys) => {
      if (sourceKeys.length === 0) return;
      const sql = `WITH doomed AS (
          SELECT source_key FROM unsettled WHERE pipeline = $1 AND source_id = $2 AND source_key = ANY($3) ORDER BY source_key FOR UPDATE)
        DELETE FROM unsettled USING doomed WHERE pipeline = $1 AND source_id = $2 AND unsettled.source_key = doomed.source_key`;
      await connection.run(sql, [pipeline, sourceId, sourceKeys]);
    },
    removeBefore: async (pipeline, sourceId, beforeMs) => {
      const sql = `WITH doomed AS (
          SELECT source_key FROM unsettled WHERE pipeline = $1 AND source_id = $2 AND last_seen_ms < $3 ORDER BY source_key FOR UPDATE)
        DELETE FROM unsettled USING doomed WHERE pipeline = $1 AND source_id = $2 AND unsettled.source_key = doomed.source_key`;
      return await connection.run(sql, [pipeline, sourceId, beforeMs]);
    },
    summary: async (pipeline) => {
      const sql = `SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes, coalesce(min(first_seen_ms), 0) AS "oldestMs"
        FROM unsettled WHERE pipeline = $1`;
      const [row] = await connection.rows(sql, [pipeline]);
      return row as { files: number; bytes: number; oldestMs: number };
    },
  };
}
