import { Columns, rowsAsJson } from './postgres-columns';
import type { PostgresConnection } from './postgres-connection';
import type { DisposalTables, StoredDisposal } from './store-disposals';

const DISPOSAL = new Columns({
  pipeline: ['pipeline', 'text'],
  sourceId: ['source_id', 'text'],
  fileId: ['file_id', 'text'],
  version: ['version', 'int'],
  kind: ['kind', 'text'],
  place: ['place', 'text'],
  state: ['state', 'text'],
  begunMs: ['begun_ms', 'bigint'],
  endedMs: ['ended_ms', 'bigint'],
});

export function postgresDisposals(connection: PostgresConnection): DisposalTables {
  const select = `SELECT ${DISPOSAL.selected} FROM disposals`;
  return {
    disposals: {
      read: async (fileIds) => {
        const sql = `${select} WHERE file_id = ANY($1) ORDER BY file_id, version`;
        return (await connection.rows(sql, [fileIds])) as unknown as StoredDisposal[];
      },
      begun: async (pipeline, sourceId, limit) => {
        const sql = `${select} WHERE pipeline = $1 AND source_id = $2 AND state = 'begun' ORDER BY begun_ms, file_id, version LIMIT $3`;
        return (await connection.rows(sql, [pipeline, sourceId, limit])) as unknown as StoredDisposal[];
      },
      put: async (row) => {
        const sql = `INSERT INTO disposals (${DISPOSAL.names}) SELECT ${DISPOSAL.values} FROM ${DISPOSAL.given('$1')}
          ON CONFLICT (file_id, version) DO UPDATE SET kind = excluded.kind, place = excluded.place, state = excluded.state,
            begun_ms = excluded.begun_ms, ended_ms = excluded.ended_ms`;
        await connection.run(sql, [rowsAsJson([row])]);
      },
    },
  };
}
