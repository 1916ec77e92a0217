/** Adds staged deltas to the totals, whose pipeline is locked by the caller: what a statement reads of them stays until the next. */
import { INT64_MAX, INT64_MIN } from '../core/limits';
import { lookUp } from './postgres-columns';
import type { PostgresConnection, PostgresValue } from './postgres-connection';
import { isOutOfRange } from './postgres-failure';
import type { StagedOverflow } from './store-totals';

export const DELTA_FIELDS = 'period, key, adjusts, ordinal, sum, count';
const ADDRESS = 'period, key, adjusts';
const SAME_TOTAL = 'pipeline = $1 AND period = given.period AND key = given.key AND adjusts = given.adjusts';

/** Where the deltas are, as FROM takes it; $1 is the pipeline, and `values` follow it. */
export interface StagedDeltas {
  readonly from: string;
  readonly values: readonly PostgresValue[];
}

export class PostgresMerge {
  constructor(
    private readonly connection: PostgresConnection,
    private readonly table: string,
    private readonly pipeline: string,
    private readonly deltas: StagedDeltas,
  ) {}

  /** `isPlain`: all deltas add records to totals that adjust nothing, and no two sums differ in sign. Answers as TotalsTable.mergeStaged. */
  async run(isPlain: boolean): Promise<StagedOverflow | null> {
    if (await this.fits(() => (isPlain ? this.add() : this.replace(STAYS_IN_RANGE)))) return null;
    const overflow = await this.findOverflow();
    // What goes beyond 64 bits in other orders than that of the ordinals does no harm.
    if (overflow === null) await this.replace('true');
    return overflow;
  }

  /** Answers false, with nothing changed, when an integer leaves 64 bits. */
  private async fits(work: () => Promise<void>): Promise<boolean> {
    try {
      await this.connection.within(work);
      return true;
    } catch (error) {
      if (isOutOfRange(error)) return false;
      throw error;
    }
  }

  /** The usual case: no total is read beforehand, and none can become empty. */
  private async add(): Promise<void> {
    const { table, deltas } = this;
    await this.send(`INSERT INTO ${table} AS total (pipeline, ${ADDRESS}, sum, count)
      SELECT $1, ${ADDRESS}, sum(sum)::bigint, sum(count)::bigint FROM ${deltas.from} GROUP BY ${ADDRESS} ORDER BY ${ADDRESS}
      ON CONFLICT (pipeline, ${ADDRESS}) DO UPDATE SET sum = total.sum + excluded.sum, count = total.count + excluded.count`);
  }

  /** Adds in numbers without bounds, and writes each total that changes once, or removes it. `condition` fails rather than being false. */
  private async replace(condition: string): Promise<void> {
    const { table, deltas } = this;
    const groups = `(SELECT ${ADDRESS}, sum(sum) AS sum, sum(count) AS count, sum(sum) FILTER (WHERE sum > 0) AS more,
      sum(sum) FILTER (WHERE sum < 0) AS less FROM ${deltas.from} GROUP BY ${ADDRESS}) AS given`;
    await this.send(`WITH after AS MATERIALIZED (
        SELECT given.period, given.key, given.adjusts, found.ctid AS place, given.sum <> 0 OR given.count <> 0 AS changes,
          coalesce(found.sum, 0) + given.sum AS sum, coalesce(found.count, 0) + given.count AS count
        FROM ${lookUp(groups, table, SAME_TOTAL, 'LEFT JOIN')} WHERE ${condition}
      ), removed AS (
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY (SELECT place FROM after WHERE sum = 0 AND count = 0 AND place IS NOT NULL))
      )
      INSERT INTO ${table} (pipeline, ${ADDRESS}, sum, count)
      SELECT $1, ${ADDRESS}, sum::bigint, count::bigint FROM after WHERE changes AND (sum <> 0 OR count <> 0) ORDER BY ${ADDRESS}
      ON CONFLICT (pipeline, ${ADDRESS}) DO UPDATE SET sum = excluded.sum, count = excluded.count`);
  }

  /** Judged after each ordinal: a later one does not make good what an earlier one broke. */
  private async findOverflow(): Promise<StagedOverflow | null> {
    const groups = `(SELECT ${ADDRESS}, ordinal, sum(sum) AS sum, sum(count) AS count FROM ${this.deltas.from}
      GROUP BY ${ADDRESS}, ordinal) AS given`;
    const rows = await this.send(`SELECT ordinal, ${ADDRESS} FROM (
        SELECT given.*, coalesce(found.sum, 0) + sum(given.sum) OVER before AS sum_after,
          coalesce(found.count, 0) + sum(given.count) OVER before AS count_after
        FROM ${lookUp(groups, this.table, SAME_TOTAL, 'LEFT JOIN')}
        WINDOW before AS (PARTITION BY given.period, given.key, given.adjusts ORDER BY ordinal)
      ) AS after
      WHERE sum_after NOT BETWEEN ${INT64_MIN} AND ${INT64_MAX} OR count_after NOT BETWEEN ${INT64_MIN} AND ${INT64_MAX}
      ORDER BY ordinal, period COLLATE "C", key, adjusts COLLATE "C" LIMIT 1`);
    return (rows[0] ?? null) as unknown as StagedOverflow | null;
  }

  private send(sql: string): ReturnType<PostgresConnection['rowsLong']> {
    return this.connection.rowsLong(sql, [this.pipeline, ...this.deltas.values]);
  }
}

/** In whatever order its deltas come, a total stays within 64 bits; the casts say so by failing. */
const STAYS_IN_RANGE = `(coalesce(found.sum, 0) + coalesce(given.more, 0))::bigint IS NOT NULL
  AND (coalesce(found.sum, 0) + coalesce(given.less, 0))::bigint IS NOT NULL`;
