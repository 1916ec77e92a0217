import type {
  ArrivalTable,
  ExpectedFile,
  ExpectedTable,
  ExpectedTables,
  ManifestTable,
  StoredArrival,
  StoredManifest,
} from './store-expected';
import type { SqliteConnection } from './sqlite-connection';
import { numbers } from './sqlite-files';

type Row = Readonly<Record<string, unknown>>;

const EXPECTED_COLUMNS = `pipeline, source_id AS sourceId, source_key AS sourceKey, control, manifest_key AS manifestKey, due_ms AS dueMs,
  came_ms AS cameMs`;
const MANIFEST_COLUMNS = `pipeline, source_id AS sourceId, manifest_key AS manifestKey, generation, is_batch AS isBatch, state, fault,
  read_ms AS readMs`;

export function sqliteExpected(connection: SqliteConnection): ExpectedTables {
  return { expected: expectedTable(connection), manifests: manifestTable(connection), arrivals: arrivalTable(connection) };
}

function expectedTable(connection: SqliteConnection): ExpectedTable {
  const ofSource = 'pipeline = @pipeline AND source_id = @sourceId';
  return {
    read: async (pipeline, sourceId, sourceKeys) => {
      const sql = `SELECT ${EXPECTED_COLUMNS} FROM expected WHERE ${ofSource} AND source_key IN (SELECT value FROM json_each(@keys))`;
      return connection.all(sql, { pipeline, sourceId, keys: JSON.stringify(sourceKeys) }).map(toExpected);
    },
    put: async (rows) => {
      const sql = 'INSERT OR REPLACE INTO expected VALUES (@pipeline, @sourceId, @sourceKey, @control, @manifestKey, @dueMs, @cameMs)';
      for (const row of rows) connection.run(sql, { ...row, control: JSON.stringify(row.control) });
    },
    withdraw: async (pipeline, sourceId, manifestKey, kept) => {
      const sql = `DELETE FROM expected WHERE ${ofSource} AND manifest_key = @manifestKey
        AND source_key NOT IN (SELECT value FROM json_each(@kept))`;
      connection.run(sql, { pipeline, sourceId, manifestKey, kept: JSON.stringify(kept) });
    },
    markCame: async (pipeline, sourceId, sourceKeys, cameMs) => {
      const sql = `UPDATE expected SET came_ms = @cameMs
        WHERE ${ofSource} AND source_key IN (SELECT value FROM json_each(@keys)) AND came_ms IS NULL`;
      connection.run(sql, { pipeline, sourceId, keys: JSON.stringify(sourceKeys), cameMs });
    },
    overdue: async (pipeline, beforeMs, limit) => {
      const where = 'WHERE pipeline = @pipeline AND due_ms < @beforeMs AND came_ms IS NULL';
      const [sum] = connection.all(`SELECT count(*) AS files FROM expected ${where}`, { pipeline, beforeMs });
      const sql = `SELECT ${EXPECTED_COLUMNS} FROM expected ${where} ORDER BY due_ms, source_id, source_key LIMIT @limit`;
      return { files: Number(sum?.['files']), first: connection.all(sql, { pipeline, beforeMs, limit }).map(toExpected) };
    },
  };
}

function manifestTable(connection: SqliteConnection): ManifestTable {
  const malformed = "state = 'malformed' AND pipeline = @pipeline";
  return {
    read: async (pipeline, sourceId, manifestKeys) => {
      const sql = `SELECT ${MANIFEST_COLUMNS} FROM manifests
        WHERE pipeline = @pipeline AND source_id = @sourceId AND manifest_key IN (SELECT value FROM json_each(@keys))`;
      return connection.all(sql, { pipeline, sourceId, keys: JSON.stringify(manifestKeys) }).map(toManifest);
    },
    put: async (row) => {
      const sql =
        'INSERT OR REPLACE INTO manifests VALUES (@pipeline, @sourceId, @manifestKey, @generation, @isBatch, @state, @fault, @readMs)';
      connection.run(sql, { ...row, isBatch: Number(row.isBatch) });
    },
    malformed: async (pipeline, limit) => {
      const sql = `SELECT ${MANIFEST_COLUMNS} FROM manifests WHERE ${malformed} ORDER BY source_id, manifest_key LIMIT @limit`;
      return connection.all(sql, { pipeline, limit }).map(toManifest);
    },
    hasMalformedBatch: async (pipeline, sourceId) => {
      const sql = `SELECT 1 FROM manifests WHERE ${malformed} AND source_id = @sourceId AND is_batch = 1 LIMIT 1`;
      return connection.all(sql, { pipeline, sourceId }).length > 0;
    },
    removeMalformed: async (pipeline, sourceId, beforeMs) =>
      connection.run(`DELETE FROM manifests WHERE ${malformed} AND source_id = @sourceId AND read_ms < @beforeMs`, {
        pipeline,
        sourceId,
        beforeMs,
      }),
  };
}

function arrivalTable(connection: SqliteConnection): ArrivalTable {
  return {
    list: async (pipeline) => {
      const sql = `SELECT pipeline, source_id AS sourceId, since_ms AS sinceMs, every_ms AS everyMs FROM arrivals
        WHERE pipeline = @pipeline ORDER BY source_id`;
      return connection.all(sql, { pipeline }).map((row) => numbers(row) as unknown as StoredArrival);
    },
    put: async (row) => {
      connection.run('INSERT OR REPLACE INTO arrivals VALUES (@pipeline, @sourceId, @sinceMs, @everyMs)', { ...row });
    },
    remove: async (pipeline, sourceId) => {
      connection.run('DELETE FROM arrivals WHERE pipeline = @pipeline AND source_id = @sourceId', { pipeline, sourceId });
    },
  };
}

function toExpected(row: Row): ExpectedFile {
  return { ...numbers(row), control: JSON.parse(String(row['control'])) as unknown } as unknown as ExpectedFile;
}

function toManifest(row: Row): StoredManifest {
  return { ...numbers(row), isBatch: row['isBatch'] === 1n } as unknown as StoredManifest;
}
