import { EntryCursor } from '../core/entry-cursor';
import { INT64_MAX } from '../core/limits';
import { leavesInt64 } from '../core/merge';
import type { TotalsEntry } from '../core/partial';
import { SqliteSpilledTotals } from './sqlite-spilled-totals';
import type { TotalsAddress, TotalsRow } from './sink';
import type { SqliteConnection } from './sqlite-connection';
import { StagedTotals, type StagedLimits } from './staged-totals';
import type { StagedOverflow, StagedUnder, TotalsDelta, TotalsTable } from './store-totals';
import { TotalsGroups } from './totals-groups';

type Table = 'totals_rows' | 'pruned_totals';

export class SqliteTotals implements TotalsTable {
  private readonly inMemory: StagedTotals;
  private readonly spilled: SqliteSpilledTotals;
  private isSpilled = false;
  private readonly select: string;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly table: Table,
    limits: StagedLimits,
  ) {
    this.inMemory = new StagedTotals(limits);
    this.spilled = new SqliteSpilledTotals(connection, table);
    this.select = `SELECT period, key, adjusts, sum, count FROM ${table} WHERE pipeline = @pipeline`;
  }

  /** To be called when a transaction begins: what one that threw had staged in memory is not rolled back by the database. */
  forgetStaged(): void {
    this.inMemory.clear();
    this.isSpilled = false;
  }

  async read(pipeline: string, addresses: readonly TotalsAddress[]): Promise<readonly TotalsRow[]> {
    return addresses.flatMap((address) => this.readOne(pipeline, address));
  }

  async page(pipeline: string, after: TotalsAddress | null, limit: number, period?: string): Promise<readonly TotalsRow[]> {
    const ofPeriod = period === undefined ? '' : 'AND period = @period';
    const behind = after === null ? '' : 'AND (period, key, adjusts) > (@afterPeriod, @afterKey, @afterAdjusts)';
    return this.connection.all(`${this.select} ${ofPeriod} ${behind} ORDER BY period, key, adjusts LIMIT @limit`, {
      pipeline,
      limit,
      ...(period !== undefined && { period }),
      ...(after !== null && { afterPeriod: after.period, afterKey: after.key, afterAdjusts: after.adjusts }),
    }) as unknown as TotalsRow[];
  }

  async stage(_: string, deltas: readonly TotalsDelta[]): Promise<void> {
    for (const delta of deltas) {
      if (!this.isSpilled && this.inMemory.isFull) this.spill();
      if (this.isSpilled) this.spilled.add(delta);
      else this.inMemory.add(delta);
    }
  }

  async stageEncoded(to: StagedUnder, entries: Uint8Array): Promise<TotalsEntry | null> {
    const cursor = new EntryCursor(entries);
    while (cursor.next()) {
      const { sum, count } = cursor;
      if (typeof sum === 'bigint' && leavesInt64(sum)) return { key: cursor.key(), sum, count: BigInt(count) };
      if (!this.isSpilled && this.inMemory.isFull) this.spill();
      if (this.isSpilled) this.spilled.add({ ...to, key: cursor.key(), sum: BigInt(sum), count: BigInt(count) });
      else this.inMemory.addEntry(to, cursor);
    }
    return null;
  }

  async unstage(_: string, ordinal: number): Promise<void> {
    if (this.isSpilled) this.spilled.remove(ordinal);
    else this.inMemory.remove(ordinal);
  }

  async mergeStaged(pipeline: string): Promise<StagedOverflow | null> {
    if (!this.isSpilled && this.mergePlainly(pipeline)) return null;
    const groups = new TotalsGroups();
    this.connection.execute('SAVEPOINT merging');
    for (const { delta, before } of this.isSpilled ? this.spilled.joined(pipeline) : this.joinedInMemory(pipeline)) {
      const finished = groups.add(delta, before);
      // Once something is wrong everything is rolled back.
      if (groups.isSound) this.write(pipeline, finished);
    }
    const last = groups.end();
    if (groups.overflow !== null) {
      this.connection.execute('ROLLBACK TO merging');
      this.connection.execute('RELEASE merging');
      return groups.overflow;
    }
    groups.requireHeld();
    this.write(pipeline, last);
    this.connection.execute('RELEASE merging');
    if (this.isSpilled) this.spilled.clear();
    this.forgetStaged();
    return null;
  }

  /** One statement a total, without a look at it before. Answers whether it was possible; if not, nothing is changed. */
  private mergePlainly(pipeline: string): boolean {
    const rows = this.inMemory.plainSums();
    if (rows === null) return false;
    const add = `INSERT INTO ${this.table} VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET sum = sum + excluded.sum, count = count + excluded.count WHERE sum <= ${INT64_MAX} - excluded.sum`;
    this.connection.execute('SAVEPOINT merging');
    const isWhole = rows.every(
      ({ period, key, adjusts, sum, count }) => this.connection.run(add, [pipeline, period, key, adjusts, sum, count]) === 1,
    );
    if (!isWhole) this.connection.execute('ROLLBACK TO merging');
    this.connection.execute('RELEASE merging');
    if (isWhole) this.forgetStaged();
    return isWhole;
  }

  private spill(): void {
    this.spilled.create();
    for (const delta of this.inMemory.inOrderOfStaging()) this.spilled.add(delta);
    this.inMemory.clear();
    this.isSpilled = true;
  }

  private *joinedInMemory(pipeline: string): ReturnType<SqliteSpilledTotals['joined']> {
    for (const { address, deltas } of this.inMemory.byAddress()) {
      const before = this.readOne(pipeline, address)[0] ?? null;
      for (const delta of deltas) yield { delta, before };
    }
  }

  private readOne(pipeline: string, { period, key, adjusts }: TotalsAddress): readonly TotalsRow[] {
    const sql = `${this.select} AND period = @period AND key = @key AND adjusts = @adjusts`;
    return this.connection.all(sql, { pipeline, period, key, adjusts }) as unknown as TotalsRow[];
  }

  private write(pipeline: string, rows: readonly TotalsRow[]): void {
    const remove = `DELETE FROM ${this.table} WHERE pipeline = @pipeline AND period = @period AND key = @key AND adjusts = @adjusts`;
    const put = `INSERT INTO ${this.table} VALUES (@pipeline, @period, @key, @adjusts, @sum, @count)
      ON CONFLICT DO UPDATE SET sum = excluded.sum, count = excluded.count`;
    for (const { period, key, adjusts, sum, count } of rows) {
      const address: TotalsAddress = { period, key, adjusts };
      if (sum === 0n && count === 0n) this.connection.run(remove, { pipeline, ...address });
      else this.connection.run(put, { pipeline, ...address, sum, count });
    }
  }
}
