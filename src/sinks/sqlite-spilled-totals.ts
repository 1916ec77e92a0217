/** Deltas that are too many for memory, in a temporary table, which lies in a file when it is large and is read page by page. */
import { STAGED_DELTAS_PER_CALL } from '../core/limits';
import { int64Parts } from './int64-parts';
import type { TotalsRow } from './sink';
import type { SqliteConnection, SqliteValue } from './sqlite-connection';
import type { TotalsDelta } from './store-totals';

interface SpilledRow extends Omit<TotalsDelta, 'ordinal'> {
  readonly ordinal: bigint;
  readonly place: bigint;
  readonly totalSum: bigint | null;
  readonly totalCount: bigint | null;
}

export class SqliteSpilledTotals {
  private readonly staged: string;
  private lastPlace = 0;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly table: string,
  ) {
    this.staged = `temp.staged_${table}`;
  }

  /** Temporary tables are rolled back as others are, also their creation, and what a transaction left when it threw is gone with it. */
  create(): void {
    this.connection.execute(`CREATE TEMP TABLE IF NOT EXISTS ${this.staged.replace('temp.', '')} (
      period TEXT NOT NULL, key BLOB NOT NULL, adjusts TEXT NOT NULL, ordinal INTEGER NOT NULL, place INTEGER NOT NULL,
      sum INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (period, key, adjusts, ordinal, place)) STRICT, WITHOUT ROWID`);
  }

  add({ period, key, adjusts, ordinal, sum, count }: TotalsDelta): void {
    const sql = `INSERT INTO ${this.staged} VALUES (@period, @key, @adjusts, @ordinal, @place, @sum, @count)`;
    for (const [index, part] of int64Parts(sum).entries()) {
      const place = (this.lastPlace += 1);
      this.connection.run(sql, { period, key, adjusts, ordinal, place, sum: part, count: index === 0 ? count : 0n });
    }
  }

  remove(ordinal: number): void {
    this.connection.run(`DELETE FROM ${this.staged} WHERE ordinal = @ordinal`, { ordinal });
  }

  clear(): void {
    this.connection.execute(`DELETE FROM ${this.staged}`);
  }

  /** In the order of totals, then by ordinal; each with its total as it is in the database. */
  *joined(pipeline: string): Generator<{ readonly delta: TotalsDelta; readonly before: Pick<TotalsRow, 'sum' | 'count'> | null }, void> {
    const order = 'delta.period, delta.key, delta.adjusts, delta.ordinal, delta.place';
    const sql = `SELECT delta.*, total.sum AS totalSum, total.count AS totalCount FROM ${this.staged} AS delta LEFT JOIN ${this.table} AS total
        ON total.pipeline = @pipeline AND total.period = delta.period AND total.key = delta.key AND total.adjusts = delta.adjusts
      WHERE (${order}) > (@period, @key, @adjusts, @ordinal, @place) ORDER BY ${order} LIMIT @limit`;
    let after: Record<string, SqliteValue> = { period: '', key: new Uint8Array(), adjusts: '', ordinal: -1, place: -1 };
    for (;;) {
      const page = this.connection.all(sql, { pipeline, limit: STAGED_DELTAS_PER_CALL, ...after }) as unknown as SpilledRow[];
      for (const row of page) yield { delta: { ...row, ordinal: Number(row.ordinal) }, before: totalOf(row) };
      const last = page[page.length - 1];
      if (last === undefined || page.length < STAGED_DELTAS_PER_CALL) return;
      after = { period: last.period, key: last.key, adjusts: last.adjusts, ordinal: last.ordinal, place: last.place };
    }
  }
}

function totalOf({ totalSum, totalCount }: SpilledRow): Pick<TotalsRow, 'sum' | 'count'> | null {
  return totalSum === null || totalCount === null ? null : { sum: totalSum, count: totalCount };
}
