import type { SqliteConnection } from './sqlite-connection';
import { numbers } from './sqlite-files';
import type { DisposalTables, StoredDisposal } from './store-disposals';

const COLUMNS = `pipeline, source_id AS sourceId, file_id AS fileId, version, kind, place, state, begun_ms AS begunMs, ended_ms AS endedMs`;

export function sqliteDisposals(connection: SqliteConnection): DisposalTables {
  const toDisposal = (row: Readonly<Record<string, unknown>>) => numbers(row) as unknown as StoredDisposal;
  return {
    disposals: {
      read: async (fileIds) => {
        const sql = `SELECT ${COLUMNS} FROM disposals WHERE file_id IN (SELECT value FROM json_each(@fileIds)) ORDER BY file_id, version`;
        return connection.all(sql, { fileIds: JSON.stringify(fileIds) }).map(toDisposal);
      },
      begun: async (pipeline, sourceId, limit) => {
        const sql = `SELECT ${COLUMNS} FROM disposals WHERE pipeline = @pipeline AND source_id = @sourceId AND state = 'begun'
          ORDER BY begun_ms, file_id, version LIMIT @limit`;
        return connection.all(sql, { pipeline, sourceId, limit }).map(toDisposal);
      },
      put: async (row) => {
        const sql =
          'INSERT OR REPLACE INTO disposals VALUES (@pipeline, @sourceId, @fileId, @version, @kind, @place, @state, @begunMs, @endedMs)';
        connection.run(sql, { ...row });
      },
    },
  };
}
