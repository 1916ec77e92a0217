/**
 * Deltas on their way into the totals. A few travel with the statement that merges them; more are copied into a temporary table that
 * ends with the transaction, so that a pooler which shares sessions may stand between.
 */
import { POSTGRES_DELTAS_IN_STATEMENT_MAX } from '../core/limits';
import { int64Parts } from './int64-parts';
import type { PostgresConnection, PostgresValue } from './postgres-connection';
import { CopyWriter } from './postgres-copy-writer';
import { DELTA_FIELDS, PostgresMerge, type StagedDeltas } from './postgres-merge';
import type { StagedOverflow, TotalsDelta } from './store-totals';

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
    const deltas = this.isCopied ? { from: `pg_temp.${this.staged}`, values: [] } : parametersOf(this.pending);
    const merge = new PostgresMerge(this.connection, this.table, pipeline, deltas);
    const overflow = await merge.run(this.isPlain);
    if (overflow === null) await this.empty();
    return overflow;
  }

  private note(delta: TotalsDelta): void {
    const { adjusts, sum, count } = delta;
    if (sum === 0n && count === 0n) return;
    const sign = sum < 0n ? -1n : sum > 0n ? 1n : 0n;
    if (sign * this.sign < 0n || count <= 0n || adjusts !== '') this.isPlain = false;
    if (sign !== 0n) this.sign = sign;
    for (const [index, part] of int64Parts(sum).entries())
      this.pending.push(index === 0 && part === sum ? delta : partOf(delta, part, index));
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
    await connection.copyIn(`COPY pg_temp.${staged} (${DELTA_FIELDS}) FROM STDIN (FORMAT binary)`, copy.end());
  }

  private async empty(): Promise<void> {
    this.pending = [];
    this.isPlain = true;
    this.sign = 0n;
    if (this.isCopied) await this.connection.execute(`TRUNCATE pg_temp.${this.staged}`);
  }
}

/** As parameters of the statement itself; $1 is the pipeline. */
function parametersOf(deltas: readonly TotalsDelta[]): StagedDeltas {
  const columns: PostgresValue[] = [
    deltas.map(({ period }) => period),
    deltas.map(({ key }) => key),
    deltas.map(({ adjusts }) => adjusts),
    deltas.map(({ ordinal }) => ordinal),
    deltas.map(({ sum }) => sum),
    deltas.map(({ count }) => count),
  ];
  const types = ['text', 'bytea', 'text', 'int', 'bigint', 'bigint'].map((type, index) => `$${index + 2}::${type}[]`);
  return { from: `unnest(${types.join(', ')}) AS staged(${DELTA_FIELDS})`, values: columns };
}

/** The records are counted with the first part. */
function partOf(delta: TotalsDelta, sum: bigint, index: number): TotalsDelta {
  return { ...delta, sum, count: index === 0 ? delta.count : 0n };
}
