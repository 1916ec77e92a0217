import { Columns, rowsAsJson } from './postgres-columns';
import type { PostgresConnection } from './postgres-connection';
import type { PipelineRow } from './sink';
import type { PipelineTable, PlanTable, StoredPlan } from './store';

const PIPELINE = new Columns({
  pipeline: ['pipeline', 'text'],
  meaning: ['meaning', 'text'],
  scale: ['scale', 'int'],
  unit: ['unit', 'text'],
  ledgerId: ['ledger_id', 'text'],
  ledgerSequence: ['ledger_sequence', 'bigint'],
  stopReason: ['stop_reason', 'text'],
  stoppedAtMs: ['stopped_at_ms', 'bigint'],
  closedThrough: ['closed_through', 'text'],
  prunedThrough: ['pruned_through', 'bigint'],
});
/** Everything that belongs to a pipeline by the files that it has. */
const OF_FILES = ['partials', 'checkpoints', 'contributions', 'receipts'];
const OF_PIPELINE = ['unsettled', 'postings', 'totals_rows', 'pruned_totals', 'ledger_entries', 'file_rows', 'pipelines'];

export function postgresPipelines(connection: PostgresConnection): PipelineTable {
  const one = async (pipeline: string, lock: string) => {
    const rows = await connection.rows(`SELECT ${PIPELINE.selected} FROM pipelines WHERE pipeline = $1 ${lock}`, [pipeline]);
    return (rows[0] ?? null) as unknown as PipelineRow | null;
  };
  return {
    list: async () => (await connection.rows(`SELECT ${PIPELINE.selected} FROM pipelines ORDER BY pipeline`)) as unknown as PipelineRow[],
    read: (pipeline) => one(pipeline, ''),
    // The modes of Postgres of which the first two stand beside each other, the first not beside itself, and the third beside none.
    lock: (pipeline) => one(pipeline, connection.locking('FOR NO KEY UPDATE')),
    share: (pipeline) => one(pipeline, connection.locking('FOR KEY SHARE')),
    lockAlone: (pipeline) => one(pipeline, connection.locking('FOR UPDATE')),
    insert: async (row) => {
      const sql = `INSERT INTO pipelines (${PIPELINE.names}) SELECT ${PIPELINE.values} FROM ${PIPELINE.given('$1')} ON CONFLICT DO NOTHING`;
      await connection.run(sql, [rowsAsJson([row])]);
    },
    update: async (row) => {
      const sql = `UPDATE pipelines SET ${PIPELINE.assignments('pipeline')}
        FROM ${PIPELINE.given('$1')} WHERE pipelines.pipeline = given.pipeline`;
      await connection.run(sql, [rowsAsJson([row])]);
    },
    remove: async (pipeline) => {
      // Whoever writes for one of these files holds its row: what he wrote is removed too, and nobody writes any more.
      await connection.rows('SELECT FROM file_rows WHERE pipeline = $1 ORDER BY file_id FOR UPDATE', [pipeline]);
      const files = '(SELECT file_id FROM file_rows WHERE pipeline = $1)';
      for (const table of OF_FILES) await connection.run(`DELETE FROM ${table} WHERE file_id IN ${files}`, [pipeline]);
      for (const table of OF_PIPELINE) await connection.run(`DELETE FROM ${table} WHERE pipeline = $1`, [pipeline]);
    },
  };
}

const PLAN = new Columns({
  planId: ['plan_id', 'text'],
  pipeline: ['pipeline', 'text'],
  shadow: ['shadow', 'text'],
  createdMs: ['created_ms', 'bigint'],
  expiresMs: ['expires_ms', 'bigint'],
  choice: ['choice', 'text'],
  sealed: ['sealed', 'text'],
  appliedFrom: ['applied_from', 'bigint'],
  appliedUntil: ['applied_until', 'bigint'],
});

export function postgresPlans(connection: PostgresConnection): PlanTable {
  const one = async (planId: string, lock: string) => {
    const rows = await connection.rows(`SELECT ${PLAN.selected} FROM plans WHERE plan_id = $1 ${lock}`, [planId]);
    return (rows[0] ?? null) as unknown as StoredPlan | null;
  };
  return {
    insert: async (plan) => {
      const sql = `INSERT INTO plans (${PLAN.names}) SELECT ${PLAN.values} FROM ${PLAN.given('$1')}`;
      await connection.run(sql, [rowsAsJson([plan])]);
    },
    read: (planId) => one(planId, ''),
    lock: (planId) => one(planId, connection.locking('FOR UPDATE')),
    list: async (pipeline, limit) => {
      const sql = `SELECT ${PLAN.selected} FROM plans WHERE pipeline = $1 ORDER BY created_ms DESC LIMIT $2`;
      return (await connection.rows(sql, [pipeline, limit])) as unknown as StoredPlan[];
    },
    update: async (plan) => {
      const changing = PLAN.assignments('planId', 'pipeline', 'shadow', 'createdMs', 'choice');
      await connection.run(`UPDATE plans SET ${changing} FROM ${PLAN.given('$1')} WHERE plan_id = given."planId"`, [rowsAsJson([plan])]);
    },
  };
}
