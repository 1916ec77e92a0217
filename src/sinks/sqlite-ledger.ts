import type { LedgerEntry, PipelineRow, TotalsRow } from './sink';
import type { SqliteConnection } from './sqlite-connection';
import { numbers } from './sqlite-files';
import type { LedgerTable, PipelineTable, TotalsTable } from './store';

const PIPELINE_COLUMNS = `pipeline, meaning, scale, unit, ledger_id AS ledgerId, ledger_sequence AS ledgerSequence, stop_reason AS stopReason,
  stopped_at_ms AS stoppedAtMs`;
const LEDGER_COLUMNS = 'number, kind, file_id AS fileId, version, made_by AS "by", reason, at_ms AS atMs';

export function sqlitePipelines(connection: SqliteConnection): PipelineTable {
  const read = async (pipeline: string) => {
    const [row] = connection.all(`SELECT ${PIPELINE_COLUMNS} FROM pipelines WHERE pipeline = @pipeline`, { pipeline });
    return row ? (numbers(row) as unknown as PipelineRow) : null;
  };
  return {
    list: async () =>
      connection.all(`SELECT ${PIPELINE_COLUMNS} FROM pipelines ORDER BY pipeline`).map((row) => numbers(row) as unknown as PipelineRow),
    read,
    // BEGIN IMMEDIATE has locked everything.
    lock: read,
    insert: async (row) => {
      const sql = `INSERT INTO pipelines VALUES (@pipeline, @meaning, @scale, @unit, @ledgerId, @ledgerSequence, @stopReason, @stoppedAtMs)
        ON CONFLICT DO NOTHING`;
      connection.run(sql, { ...row });
    },
    update: async (row) => {
      const sql = `UPDATE pipelines SET meaning = @meaning, scale = @scale, unit = @unit, ledger_id = @ledgerId,
          ledger_sequence = @ledgerSequence, stop_reason = @stopReason, stopped_at_ms = @stoppedAtMs
        WHERE pipeline = @pipeline`;
      connection.run(sql, { ...row });
    },
  };
}

export function sqliteTotals(connection: SqliteConnection): TotalsTable {
  const select = 'SELECT period, key, sum, count FROM totals WHERE pipeline = @pipeline';
  const order = 'ORDER BY period, key LIMIT @limit';
  return {
    read: async (pipeline, addresses) =>
      addresses.flatMap(
        ({ period, key }) =>
          connection.all(`${select} AND period = @period AND key = @key`, { pipeline, period, key }) as unknown as TotalsRow[],
      ),
    page: async (pipeline, after, limit) => {
      const rows =
        after === null
          ? connection.all(`${select} ${order}`, { pipeline, limit })
          : connection.all(`${select} AND (period, key) > (@period, @key) ${order}`, {
              pipeline,
              period: after.period,
              key: after.key,
              limit,
            });
      return rows as unknown as TotalsRow[];
    },
    write: async (pipeline, rows) => {
      const remove = 'DELETE FROM totals WHERE pipeline = @pipeline AND period = @period AND key = @key';
      const put =
        'INSERT INTO totals VALUES (@pipeline, @period, @key, @sum, @count) ON CONFLICT DO UPDATE SET sum = excluded.sum, count = excluded.count';
      for (const { period, key, sum, count } of rows) {
        if (count === 0n) connection.run(remove, { pipeline, period, key });
        else connection.run(put, { pipeline, period, key, sum, count });
      }
    },
  };
}

export function sqliteLedger(connection: SqliteConnection): LedgerTable {
  const toEntry = (row: Readonly<Record<string, unknown>>) => numbers(row) as unknown as LedgerEntry;
  return {
    insert: async (pipeline, entries) => {
      const sql = 'INSERT INTO ledger VALUES (@pipeline, @number, @kind, @fileId, @version, @by, @reason, @atMs)';
      for (const entry of entries) connection.run(sql, { pipeline, ...entry });
    },
    page: async (pipeline, afterNumber, limit) => {
      const sql = `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE pipeline = @pipeline AND number > @afterNumber ORDER BY number LIMIT @limit`;
      return connection.all(sql, { pipeline, afterNumber, limit }).map(toEntry);
    },
    ofFiles: async (pipeline, fileIds) => {
      // The plus keeps the planner off the index by pipeline, which would read the whole ledger for each page of files.
      const sql = `SELECT ${LEDGER_COLUMNS} FROM ledger
        WHERE +pipeline = @pipeline AND file_id IN (SELECT value FROM json_each(@fileIds)) AND file_id IS NOT NULL ORDER BY number`;
      return connection.all(sql, { pipeline, fileIds: JSON.stringify(fileIds) }).map(toEntry);
    },
  };
}
