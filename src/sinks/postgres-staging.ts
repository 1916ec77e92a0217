/**
 * Deltas on their way into the totals. A few travel with the statement that merges them; more are copied into a temporary table that
 * ends with the transaction, so that a pooler which shares sessions may stand between.
 */
import { INT64_MAX, INT64_MIN, POSTGRES_DELTAS_IN_STATEMENT_MAX } from '../core/limits';
import { lookUp } from './postgres-columns';
import type { PostgresConnection, PostgresValue } from './postgres-connection';
import { CopyWriter } from './postgres-copy-writer';
import { isOutOfRange } from './postgres-failure';
import type { StagedOverflow, TotalsDelta } from './store';

/** Where the merging statements find the deltas, as FROM takes it; $1 is the pipeline. */
interface Source {
  readonly from: string;
  readonly values: readonly PostgresValue[];
}

const FIELDS = 'period, key, adjusts, ordinal, sum, count';
const SAME_TOTAL = 'pipeline = $1 AND period = given.period AND key = given.key AND adjusts = given.adjusts';

export class PostgresStaging {
  private pending: TotalsDelta[] = [];
  private readonly staged: string;
  private isCopied = false;
  /** All deltas so far add records to totals of their own period, and all sums have one sign, so that what fits at the end fits on the way. */
  private isPlain = true;
  private sign = 0n;

  constructor(
    private readonly connection: PostgresConnection,
    private readonly table: string,
  ) {
    this.staged = `staged_${table}`;
  }

  async add(deltas: readonly TotalsDelta[]): Promise<void> {
    for (const delta of deltas) this.note(delta);
    if (this.pending.length > POSTGRES_DELTAS_IN_STATEMENT_MAX) await this.copy();
  }

  async remove(ordinal: number): Promise<void> {
    this.pending = this.pending.filter((delta) => delta.ordinal !== ordinal);
    if (this.isCopied) await this.connection.run(`DELETE FROM pg_temp.${this.staged} WHERE ordinal = $1`, [ordinal]);
  }

  /** As TotalsTable.mergeStaged. */
  async merge(pipeline: string): Promise<StagedOverflow | null> {
    if (this.isCopied && this.pending.length > 0) await this.copy();
    if (!this.isCopied && this.pending.length === 0) return null;
    const source = this.isCopied ? { from: `pg_temp.${this.staged}`, values: [] } : sourceOf(this.pending);
    if (!(this.isPlain && (await this.tryToAdd(pipeline, source)))) {
      const overflow = await this.findOverflow(pipeline, source);
      if (overflow !== null) return overflow;
      await this.replace(pipeline, source);
    }
    await this.empty();
    return null;
  }

  private note(delta: TotalsDelta): void {
    const { adjusts, sum, count } = delta;
    if (sum === 0n && count === 0n) return;
    const sign = sum < 0n ? -1n : sum > 0n ? 1n : 0n;
    if (sign * this.sign < 0n || count <= 0n || adjusts !== '') this.isPlain = false;
    if (sign !== 0n) this.sign = sign;
    // What takes out the lowest sum that there is, or replaces one, need not fit a column by itself.
    for (let rest = delta; ; rest = { ...rest, sum: rest.sum - inRange(rest.sum), count: 0n }) {
      this.pending.push(rest.sum === inRange(rest.sum) ? rest : { ...rest, sum: inRange(rest.sum) });
      if (rest.sum === inRange(rest.sum)) return;
    }
  }

  private async copy(): Promise<void> {
    const { connection, staged, pending } = this;
    if (!this.isCopied) {
      await connection.execute(`CREATE TEMP TABLE ${staged} (period TEXT COLLATE "C" NOT NULL, key BYTEA NOT NULL,
        adjusts TEXT COLLATE "C" NOT NULL, ordinal INT NOT NULL, sum BIGINT NOT NULL, count BIGINT NOT NULL) ON COMMIT DROP`);
      this.isCopied = true;
    }
    const copy = new CopyWriter();
    for (const { period, key, adjusts, ordinal, sum, count } of pending) {
      copy.row(6);
      copy.text(period);
      copy.blob(key);
      copy.text(adjusts);
      copy.int(ordinal);
      copy.bigint(sum);
      copy.bigint(count);
    }
    this.pending = [];
    await connection.copyIn(`COPY pg_temp.${staged} (${FIELDS}) FROM STDIN (FORMAT binary)`, copy.end());
  }

  /** The usual case, in one statement that reads no total beforehand. Answers false, with nothing changed, when a sum leaves 64 bits. */
  private async tryToAdd(pipeline: string, source: Source): Promise<boolean> {
    const { connection, table } = this;
    const sql = `INSERT INTO ${table} AS total (pipeline, period, key, adjusts, sum, count)
      SELECT $1, period, key, adjusts, sum(sum)::bigint, sum(count)::bigint FROM ${source.from}
      GROUP BY period, key, adjusts ORDER BY period, key, adjusts
      ON CONFLICT (pipeline, period, key, adjusts) DO UPDATE SET sum = total.sum + excluded.sum, count = total.count + excluded.count`;
    try {
      await connection.within(() => connection.rowsLong(sql, [pipeline, ...source.values]));
      return true;
    } catch (error) {
      if (isOutOfRange(error)) return false;
      throw error;
    }
  }

  /** Judged after each ordinal: a later one does not make good what an earlier one broke. */
  private async findOverflow(pipeline: string, source: Source): Promise<StagedOverflow | null> {
    const deltas = `(SELECT period, key, adjusts, ordinal, sum(sum) AS sum, sum(count) AS count FROM ${source.from}
      GROUP BY period, key, adjusts, ordinal) AS given`;
    const sql = `SELECT ordinal, period, key, adjusts FROM (
        SELECT given.*, coalesce(found.sum, 0) + sum(given.sum) OVER before AS sum_after,
          coalesce(found.count, 0) + sum(given.count) OVER before AS count_after
        FROM ${lookUp(deltas, this.table, SAME_TOTAL, 'LEFT JOIN')}
        WINDOW before AS (PARTITION BY given.period, given.key, given.adjusts ORDER BY ordinal)
      ) AS after
      WHERE sum_after NOT BETWEEN ${INT64_MIN} AND ${INT64_MAX} OR count_after NOT BETWEEN ${INT64_MIN} AND ${INT64_MAX}
      ORDER BY ordinal, period COLLATE "C", key, adjusts COLLATE "C" LIMIT 1`;
    const [row] = await this.connection.rowsLong(sql, [pipeline, ...source.values]);
    return (row ?? null) as unknown as StagedOverflow | null;
  }

  /** Adds in numbers without bounds, and writes each total that changes once: what is found to fit at last need not fit in between. */
  private async replace(pipeline: string, source: Source): Promise<void> {
    const { table } = this;
    const deltas = `(SELECT period, key, adjusts, sum(sum) AS sum, sum(count) AS count FROM ${source.from} GROUP BY period, key, adjusts) AS given`;
    const sql = `WITH after AS MATERIALIZED (
        SELECT given.period, given.key, given.adjusts, found.ctid AS place,
          coalesce(found.sum, 0) + given.sum AS sum, coalesce(found.count, 0) + given.count AS count
        FROM ${lookUp(deltas, table, SAME_TOTAL, 'LEFT JOIN')} WHERE given.sum <> 0 OR given.count <> 0
      ), removed AS (
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY (SELECT place FROM after WHERE sum = 0 AND count = 0 AND place IS NOT NULL))
      )
      INSERT INTO ${table} (pipeline, period, key, adjusts, sum, count)
      SELECT $1, period, key, adjusts, sum::bigint, count::bigint FROM after WHERE sum <> 0 OR count <> 0 ORDER BY period, key, adjusts
      ON CONFLICT (pipeline, period, key, adjusts) DO UPDATE SET sum = excluded.sum, count = excluded.count`;
    await this.connection.rowsLong(sql, [pipeline, ...source.values]);
  }

  private async empty(): Promise<void> {
    this.pending = [];
    this.isPlain = true;
    this.sign = 0n;
    if (this.isCopied) await this.connection.execute(`TRUNCATE pg_temp.${this.staged}`);
  }
}

/** As parameters of the statement itself. */
function sourceOf(deltas: readonly TotalsDelta[]): Source {
  const columns: PostgresValue[] = [
    deltas.map(({ period }) => period),
    deltas.map(({ key }) => key),
    deltas.map(({ adjusts }) => adjusts),
    deltas.map(({ ordinal }) => ordinal),
    deltas.map(({ sum }) => sum),
    deltas.map(({ count }) => count),
  ];
  const types = ['text', 'bytea', 'text', 'int', 'bigint', 'bigint'].map((type, index) => `$${index + 2}::${type}[]`);
  return { from: `unnest(${types.join(', ')}) AS staged(${FIELDS})`, values: columns };
}

function inRange(sum: bigint): bigint {
  return sum > INT64_MAX ? INT64_MAX : sum < INT64_MIN ? INT64_MIN : sum;
}
