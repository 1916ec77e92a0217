import { Columns, rowsAsJson } from './postgres-columns';
import type { PostgresConnection } from './postgres-connection';
import type {
  ArrivalTable,
  ExpectedFile,
  ExpectedTable,
  ExpectedTables,
  ManifestTable,
  StoredArrival,
  StoredManifest,
} from './store-expected';

const EXPECTED = new Columns({
  pipeline: ['pipeline', 'text'],
  sourceId: ['source_id', 'text'],
  sourceKey: ['source_key', 'text'],
  control: ['control', 'text'],
  manifestKey: ['manifest_key', 'text'],
  dueMs: ['due_ms', 'bigint'],
  cameMs: ['came_ms', 'bigint'],
});
const MANIFEST = new Columns({
  pipeline: ['pipeline', 'text'],
  sourceId: ['source_id', 'text'],
  manifestKey: ['manifest_key', 'text'],
  generation: ['generation', 'text'],
  isBatch: ['is_batch', 'boolean'],
  state: ['state', 'text'],
  fault: ['fault', 'text'],
  readMs: ['read_ms', 'bigint'],
});
const ARRIVAL = new Columns({
  pipeline: ['pipeline', 'text'],
  sourceId: ['source_id', 'text'],
  sinceMs: ['since_ms', 'bigint'],
  everyMs: ['every_ms', 'bigint'],
});

export function postgresExpected(connection: PostgresConnection): ExpectedTables {
  return { expected: expectedTable(connection), manifests: manifestTable(connection), arrivals: arrivalTable(connection) };
}

function expectedTable(connection: PostgresConnection): ExpectedTable {
  const select = `SELECT ${EXPECTED.selected} FROM expected`;
  return {
    read: async (pipeline, sourceId, sourceKeys) => {
      const sql = `${select} WHERE pipeline = $1 AND source_id = $2 AND source_key = ANY($3)`;
      return (await connection.rows(sql, [pipeline, sourceId, sourceKeys])).map(toExpected);
    },
    put: async (rows) => {
      if (rows.length === 0) return;
      // In one order, so that two scans of one source do not wait for each other.
      const sql = `INSERT INTO expected (${EXPECTED.names}) SELECT ${EXPECTED.values} FROM ${EXPECTED.given('$1')} ORDER BY 1, 2, 3
        ON CONFLICT (pipeline, source_id, source_key) DO UPDATE SET control = excluded.control, manifest_key = excluded.manifest_key,
          due_ms = excluded.due_ms, came_ms = excluded.came_ms`;
      await connection.run(sql, [rowsAsJson(rows.map((row) => ({ ...row, control: JSON.stringify(row.control) })))]);
    },
    withdraw: async (pipeline, sourceId, manifestKey, kept) => {
      const sql = `DELETE FROM expected WHERE pipeline = $1 AND source_id = $2 AND manifest_key = $3 AND source_key <> ALL($4)`;
      await connection.run(sql, [pipeline, sourceId, manifestKey, kept]);
    },
    markCame: async (pipeline, sourceId, sourceKeys, cameMs) => {
      if (sourceKeys.length === 0) return;
      const sql = `UPDATE expected SET came_ms = $4 WHERE pipeline = $1 AND source_id = $2 AND source_key = ANY($3) AND came_ms IS NULL`;
      await connection.run(sql, [pipeline, sourceId, sourceKeys, cameMs]);
    },
    overdue: async (pipeline, beforeMs, limit) => {
      const where = 'WHERE pipeline = $1 AND due_ms < $2 AND came_ms IS NULL';
      const [sum] = await connection.rows(`SELECT count(*) AS files FROM expected ${where}`, [pipeline, beforeMs]);
      const first = await connection.rows(`${select} ${where} ORDER BY due_ms, source_id, source_key LIMIT $3`, [
        pipeline,
        beforeMs,
        limit,
      ]);
      return { files: Number(sum?.['files']), first: first.map(toExpected) };
    },
  };
}

function manifestTable(connection: PostgresConnection): ManifestTable {
  const select = `SELECT ${MANIFEST.selected} FROM manifests`;
  const malformed = "state = 'malformed' AND pipeline = $1";
  return {
    read: async (pipeline, sourceId, manifestKeys) => {
      const sql = `${select} WHERE pipeline = $1 AND source_id = $2 AND manifest_key = ANY($3)`;
      return (await connection.rows(sql, [pipeline, sourceId, manifestKeys])) as unknown as StoredManifest[];
    },
    put: async (row) => {
      const sql = `INSERT INTO manifests (${MANIFEST.names}) SELECT ${MANIFEST.values} FROM ${MANIFEST.given('$1')}
        ON CONFLICT (pipeline, source_id, manifest_key) DO UPDATE SET generation = excluded.generation, is_batch = excluded.is_batch,
          state = excluded.state, fault = excluded.fault, read_ms = excluded.read_ms`;
      await connection.run(sql, [rowsAsJson([row])]);
    },
    malformed: async (pipeline, limit) => {
      const sql = `${select} WHERE ${malformed} ORDER BY source_id, manifest_key LIMIT $2`;
      return (await connection.rows(sql, [pipeline, limit])) as unknown as StoredManifest[];
    },
    hasMalformedBatch: async (pipeline, sourceId) => {
      const sql = `SELECT 1 FROM manifests WHERE ${malformed} AND source_id = $2 AND is_batch LIMIT 1`;
      return (await connection.rows(sql, [pipeline, sourceId])).length > 0;
    },
    removeMalformed: async (pipeline, sourceId, beforeMs) =>
      await connection.run(`DELETE FROM manifests WHERE ${malformed} AND source_id = $2 AND read_ms < $3`, [pipeline, sourceId, beforeMs]),
  };
}

function arrivalTable(connection: PostgresConnection): ArrivalTable {
  return {
    list: async (pipeline) => {
      const sql = `SELECT ${ARRIVAL.selected} FROM arrivals WHERE pipeline = $1 ORDER BY source_id`;
      return (await connection.rows(sql, [pipeline])) as unknown as StoredArrival[];
    },
    put: async (row) => {
      const sql = `INSERT INTO arrivals (${ARRIVAL.names}) SELECT ${ARRIVAL.values} FROM ${ARRIVAL.given('$1')}
        ON CONFLICT (pipeline, source_id) DO UPDATE SET since_ms = excluded.since_ms, every_ms = excluded.every_ms`;
      await connection.run(sql, [rowsAsJson([row])]);
    },
    remove: async (pipeline, sourceId) => {
      await connection.run('DELETE FROM arrivals WHERE pipeline = $1 AND source_id = $2', [pipeline, sourceId]);
    },
  };
}

function toExpected(row: Readonly<Record<string, unknown>>): ExpectedFile {
  return { ...row, control: JSON.parse(String(row['control'])) as unknown } as unknown as ExpectedFile;
}
