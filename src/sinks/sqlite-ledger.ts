import type { LedgerEntry, PipelineRow } from './sink';
import type { SqliteConnection } from './sqlite-connection';
import { numbers } from './sqlite-files';
import type { LedgerTable, PipelineTable, PlanTable, StoredPlan } from './store';

const PIPELINE_COLUMNS = `pipeline, meaning, scale, unit, ledger_id AS ledgerId, ledger_sequence AS ledgerSequence, stop_reason AS stopReason,
  stopped_at_ms AS stoppedAtMs, closed_through AS closedThrough, pruned_through AS prunedThrough`;
const LEDGER_COLUMNS = 'number, kind, file_id AS fileId, version, period, made_by AS "by", reason, at_ms AS atMs';
const PLAN_COLUMNS = `plan_id AS planId, pipeline, shadow, created_ms AS createdMs, expires_ms AS expiresMs, choice, sealed,
  applied_from AS appliedFrom, applied_until AS appliedUntil`;
/** Everything that belongs to a pipeline by the files that it has. */
const OF_FILES = ['partials', 'checkpoints', 'contributions', 'receipts'] as const;
const OF_PIPELINE = ['unsettled', 'postings', 'totals_rows', 'pruned_totals', 'ledger_entries', 'file_rows', 'pipelines'] as const;

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
    share: read,
    lockAlone: read,
    insert: async (row) => {
      const sql = `INSERT INTO pipelines VALUES (@pipeline, @meaning, @scale, @unit, @ledgerId, @ledgerSequence, @stopReason, @stoppedAtMs, @closedThrough, @prunedThrough)
        ON CONFLICT DO NOTHING`;
      connection.run(sql, { ...row });
    },
    update: async (row) => {
      const sql = `UPDATE pipelines SET meaning = @meaning, scale = @scale, unit = @unit, ledger_id = @ledgerId,
          ledger_sequence = @ledgerSequence, stop_reason = @stopReason, stopped_at_ms = @stoppedAtMs, closed_through = @closedThrough,
          pruned_through = @prunedThrough
        WHERE pipeline = @pipeline`;
      connection.run(sql, { ...row });
    },
    remove: async (pipeline) => {
      const files = '(SELECT file_id FROM file_rows WHERE pipeline = @pipeline)';
      for (const table of OF_FILES) connection.run(`DELETE FROM ${table} WHERE file_id IN ${files}`, { pipeline });
      for (const table of OF_PIPELINE) connection.run(`DELETE FROM ${table} WHERE pipeline = @pipeline`, { pipeline });
    },
  };
}

export function sqlitePlans(connection: SqliteConnection): PlanTable {
  const toPlan = (row: Readonly<Record<string, unknown>>) => numbers(row) as unknown as StoredPlan;
  const read = async (planId: string) => {
    const [row] = connection.all(`SELECT ${PLAN_COLUMNS} FROM plans WHERE plan_id = @planId`, { planId });
    return row ? toPlan(row) : null;
  };
  return {
    insert: async (plan) => {
      const sql =
        'INSERT INTO plans VALUES (@planId, @pipeline, @shadow, @createdMs, @expiresMs, @choice, @sealed, @appliedFrom, @appliedUntil)';
      connection.run(sql, { ...plan });
    },
    read,
    // BEGIN IMMEDIATE has locked everything.
    lock: read,
    list: async (pipeline, limit) => {
      const sql = `SELECT ${PLAN_COLUMNS} FROM plans WHERE pipeline = @pipeline ORDER BY created_ms DESC LIMIT @limit`;
      return connection.all(sql, { pipeline, limit }).map(toPlan);
    },
    update: async (plan) => {
      const sql = `UPDATE plans SET expires_ms = @expiresMs, sealed = @sealed, applied_from = @appliedFrom, applied_until = @appliedUntil
        WHERE plan_id = @planId`;
      const { planId, expiresMs, sealed, appliedFrom, appliedUntil } = plan;
      connection.run(sql, { planId, expiresMs, sealed, appliedFrom, appliedUntil });
    },
  };
}

export function sqliteLedger(connection: SqliteConnection): LedgerTable {
  const toEntry = (row: Readonly<Record<string, unknown>>) => numbers(row) as unknown as LedgerEntry;
  return {
    insert: async (pipeline, entries) => {
      const sql = 'INSERT INTO ledger_entries VALUES (@pipeline, @number, @kind, @fileId, @version, @by, @reason, @atMs, @period)';
      for (const entry of entries) connection.run(sql, { pipeline, ...entry });
    },
    page: async (pipeline, afterNumber, limit) => {
      const sql = `SELECT ${LEDGER_COLUMNS} FROM ledger_entries WHERE pipeline = @pipeline AND number > @afterNumber ORDER BY number LIMIT @limit`;
      return connection.all(sql, { pipeline, afterNumber, limit }).map(toEntry);
    },
    ofFiles: async (pipeline, fileIds) => {
      // The plus keeps the planner off the index by pipeline, which would read the whole ledger for each page of files.
      const sql = `SELECT ${LEDGER_COLUMNS} FROM ledger_entries
        WHERE +pipeline = @pipeline AND file_id IN (SELECT value FROM json_each(@fileIds)) AND file_id IS NOT NULL ORDER BY number`;
      return connection.all(sql, { pipeline, fileIds: JSON.stringify(fileIds) }).map(toEntry);
    },
    ofKind: async (pipeline, kind) => {
      const sql = `SELECT ${LEDGER_COLUMNS} FROM ledger_entries WHERE pipeline = @pipeline AND kind = @kind ORDER BY number`;
      return connection.all(sql, { pipeline, kind }).map(toEntry);
    },
    lastNumberBefore: async (pipeline, beforeMs) => {
      const sql = 'SELECT coalesce(max(number), 0) AS number FROM ledger_entries WHERE pipeline = @pipeline AND at_ms < @beforeMs';
      return Number(connection.all(sql, { pipeline, beforeMs })[0]?.['number']);
    },
  };
}
