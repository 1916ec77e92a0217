/** The Store over Postgres: each transaction has a connection of its own, and rows are locked by those who decide on them. */
import { setTimeout as pause } from 'node:timers/promises';
import { TallylineFailure } from '../core/failures';
import { POSTGRES_COMMIT_TIMEOUT_MS, POSTGRES_TRIES_MAX, POSTGRES_TRY_AGAIN_MS_MAX } from '../core/limits';
import { postgresBlobs } from './postgres-blobs';
import type { PostgresConnection } from './postgres-connection';
import { postgresContributions, postgresReceipts } from './postgres-counts';
import { mayBeTriedAgain } from './postgres-failure';
import { postgresDisposals } from './postgres-disposals';
import { postgresExpected } from './postgres-expected';
import { postgresFiles } from './postgres-files';
import { postgresLedger, postgresPostings } from './postgres-ledger';
import type { PostgresSinkOptions } from './postgres-options';
import { postgresPipelines, postgresPlans } from './postgres-pipelines';
import { PostgresPool } from './postgres-pool';
import { migrate } from './postgres-migrate';
import { postgresTotals } from './postgres-totals';
import { postgresUnsettled } from './postgres-unsettled';
import type { Store, StoreTransaction } from './store';

const DAMAGES = `
  SELECT checksum_failures || ' pages had a wrong checksum' AS fact FROM pg_stat_database
    WHERE datname = current_database() AND checksum_failures > 0
  UNION ALL
  SELECT 'the index ' || relname || ' is not valid' FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace`;

export class PostgresStore implements Store {
  private constructor(
    private readonly pool: PostgresPool,
    private readonly commitTimeoutMs: number,
  ) {}

  /** Throws sink_refused, sink_unavailable or config_invalid. */
  static async open(options: PostgresSinkOptions): Promise<PostgresStore> {
    const pool = new PostgresPool(options);
    try {
      const store = new PostgresStore(pool, options.commitTimeoutMs ?? POSTGRES_COMMIT_TIMEOUT_MS);
      await store.inTransaction((connection) => migrate(connection, options));
      return store;
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  /** `work` runs again when the server broke a deadlock. Throws commit_unknown when its end is not known, beside what it throws itself. */
  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await this.inTransaction((connection) => work(tablesOf(connection)));
  }

  async snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    const connection = await this.pool.begin('look');
    try {
      return await work(tablesOf(connection));
    } finally {
      await connection.rollBack();
    }
  }

  async collectOutside(): Promise<number> {
    return 0;
  }

  /** Pages whose checksum was wrong when they were read, and indexes that are not valid. */
  async check(): Promise<readonly string[]> {
    const connection = await this.pool.begin('look');
    try {
      const rows = await connection.rows(DAMAGES, []);
      return rows.map((row) => String(row['fact']));
    } finally {
      await connection.rollBack();
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async inTransaction<Result>(work: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.tryTransaction(work);
      } catch (error) {
        if (!mayBeTriedAgain(error) || tries === POSTGRES_TRIES_MAX) throw error;
        // Those that stood in each other's way must not meet again.
        await pause(Math.random() * Math.min(2 ** tries * 10, POSTGRES_TRY_AGAIN_MS_MAX));
      }
    }
  }

  private async tryTransaction<Result>(work: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    const connection = await this.pool.begin('change');
    let result: Result;
    try {
      result = await work(connection);
    } catch (error) {
      await connection.rollBack();
      throw error;
    }
    try {
      await connection.commit(this.commitTimeoutMs);
    } catch (error) {
      // Of what the server did not answer nothing may be heard any more.
      if (error instanceof TallylineFailure && error.code === 'commit_unknown') connection.release(true);
      else await connection.rollBack();
      throw error;
    }
    connection.release(false);
    return result;
  }
}

function tablesOf(connection: PostgresConnection): StoreTransaction {
  return {
    pipelines: postgresPipelines(connection),
    files: postgresFiles(connection),
    unsettled: postgresUnsettled(connection),
    blobs: postgresBlobs(connection),
    contributions: postgresContributions(connection),
    receipts: postgresReceipts(connection),
    totals: postgresTotals(connection, 'totals_rows'),
    prunedTotals: postgresTotals(connection, 'pruned_totals'),
    postings: postgresPostings(connection),
    ledger: postgresLedger(connection),
    plans: postgresPlans(connection),
    ...postgresExpected(connection),
    ...postgresDisposals(connection),
  };
}
