import { STAGED_DELTAS_PER_CALL } from '../core/limits';
import type { TotalsAddress, TotalsRow } from './sink';
import { int64Parts } from './int64-parts';
import type { SqliteConnection, SqliteValue } from './sqlite-connection';
import type { TotalsDelta, TotalsTable } from './store';
import { TotalsGroups } from './totals-groups';

type Table = 'totals_rows' | 'pruned_totals';

interface StagedRow extends Omit<TotalsDelta, 'ordinal'> {
  readonly ordinal: bigint;
  readonly place: bigint;
  readonly totalSum: bigint | null;
  readonly totalCount: bigint | null;
}

/** Deltas are staged in a temporary table, which lies in a file when it is large, and added up page by page. */
export function sqliteTotals(connection: SqliteConnection, table: Table): TotalsTable {
  const staged = `temp.staged_${table}`;
  const select = `SELECT period, key, adjusts, sum, count FROM ${table} WHERE pipeline = @pipeline`;
  let lastPlace = 0;
  return {
    read: async (pipeline, addresses) =>
      addresses.flatMap(
        ({ period, key, adjusts }) =>
          connection.all(`${select} AND period = @period AND key = @key AND adjusts = @adjusts`, {
            pipeline,
            period,
            key,
            adjusts,
          }) as unknown as TotalsRow[],
      ),
    page: async (pipeline, after, limit, period) => {
      const ofPeriod = period === undefined ? '' : 'AND period = @period';
      const behind = after === null ? '' : 'AND (period, key, adjusts) > (@afterPeriod, @afterKey, @afterAdjusts)';
      return connection.all(`${select} ${ofPeriod} ${behind} ORDER BY period, key, adjusts LIMIT @limit`, {
        pipeline,
        limit,
        ...(period !== undefined && { period }),
        ...(after !== null && { afterPeriod: after.period, afterKey: after.key, afterAdjusts: after.adjusts }),
      }) as unknown as TotalsRow[];
    },
    stage: async (_, deltas) => {
      createStaging(connection, staged);
      const sql = `INSERT INTO ${staged} VALUES (@period, @key, @adjusts, @ordinal, @place, @sum, @count)`;
      for (const { period, key, adjusts, ordinal, sum, count } of deltas) {
        for (const [index, part] of int64Parts(sum).entries())
          connection.run(sql, { period, key, adjusts, ordinal, place: ++lastPlace, sum: part, count: index === 0 ? count : 0n });
      }
    },
    unstage: async (_, ordinal) => {
      createStaging(connection, staged);
      connection.run(`DELETE FROM ${staged} WHERE ordinal = @ordinal`, { ordinal });
    },
    mergeStaged: async (pipeline) => {
      createStaging(connection, staged);
      const groups = new TotalsGroups();
      connection.execute('SAVEPOINT merging');
      for (const row of stagedRows(connection, table, staged, pipeline)) {
        const finished = groups.add(toDelta(row), totalOf(row));
        // Once something is wrong everything is rolled back.
        if (groups.isSound) write(connection, table, pipeline, finished);
      }
      const last = groups.end();
      if (groups.overflow !== null) {
        connection.execute('ROLLBACK TO merging');
        connection.execute('RELEASE merging');
        return groups.overflow;
      }
      groups.requireHeld();
      write(connection, table, pipeline, last);
      connection.execute('RELEASE merging');
      connection.execute(`DELETE FROM ${staged}`);
      return null;
    },
  };
}

/** Temporary tables are rolled back as others are, also their creation, and what a transaction left when it threw is gone with it. */
function createStaging(connection: SqliteConnection, staged: string): void {
  connection.execute(`CREATE TEMP TABLE IF NOT EXISTS ${staged.replace('temp.', '')} (
    period TEXT NOT NULL, key BLOB NOT NULL, adjusts TEXT NOT NULL, ordinal INTEGER NOT NULL, place INTEGER NOT NULL,
    sum INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (period, key, adjusts, ordinal, place)) STRICT, WITHOUT ROWID`);
}

function* stagedRows(connection: SqliteConnection, table: Table, staged: string, pipeline: string): Generator<StagedRow, void> {
  const order = 'delta.period, delta.key, delta.adjusts, delta.ordinal, delta.place';
  const sql = `SELECT delta.*, total.sum AS totalSum, total.count AS totalCount FROM ${staged} AS delta LEFT JOIN ${table} AS total
      ON total.pipeline = @pipeline AND total.period = delta.period AND total.key = delta.key AND total.adjusts = delta.adjusts
    WHERE (${order}) > (@period, @key, @adjusts, @ordinal, @place) ORDER BY ${order} LIMIT @limit`;
  let after: Record<string, SqliteValue> = { period: '', key: new Uint8Array(), adjusts: '', ordinal: -1, place: -1 };
  for (;;) {
    const page = connection.all(sql, { pipeline, limit: STAGED_DELTAS_PER_CALL, ...after }) as unknown as StagedRow[];
    for (const row of page) yield row;
    const last = page[page.length - 1];
    if (last === undefined || page.length < STAGED_DELTAS_PER_CALL) return;
    after = { period: last.period, key: last.key, adjusts: last.adjusts, ordinal: last.ordinal, place: last.place };
  }
}

function toDelta(row: StagedRow): TotalsDelta {
  return { ...row, ordinal: Number(row.ordinal) };
}

function totalOf({ totalSum, totalCount }: StagedRow): Pick<TotalsRow, 'sum' | 'count'> | null {
  return totalSum === null || totalCount === null ? null : { sum: totalSum, count: totalCount };
}

function write(connection: SqliteConnection, table: Table, pipeline: string, rows: readonly TotalsRow[]): void {
  const remove = `DELETE FROM ${table} WHERE pipeline = @pipeline AND period = @period AND key = @key AND adjusts = @adjusts`;
  const put = `INSERT INTO ${table} VALUES (@pipeline, @period, @key, @adjusts, @sum, @count)
    ON CONFLICT DO UPDATE SET sum = excluded.sum, count = excluded.count`;
  for (const { period, key, adjusts, sum, count } of rows) {
    const address: TotalsAddress = { period, key, adjusts };
    if (sum === 0n && count === 0n) connection.run(remove, { pipeline, ...address });
    else connection.run(put, { pipeline, ...address, sum, count });
  }
}
