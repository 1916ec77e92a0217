/** The Store over one SQLite file: one connection writes, one transaction at a time; another reads snapshots beside it. */
import { TallylineFailure } from '../core/failures';
import { HOST_LEASE_RENEWAL_MS, STAGED_IN_MEMORY_ADDRESSES_MAX, STAGED_IN_MEMORY_DELTAS_MAX } from '../core/limits';
import { renewHostLease } from './host-lease';
import { SerialQueue } from './serial-queue';
import { sqliteBlobs } from './sqlite-blobs';
import type { SqliteConnection } from './sqlite-connection';
import { sqliteContributions, sqlitePostings, sqliteReceipts } from './sqlite-counts';
import { sqliteDisposals } from './sqlite-disposals';
import { sqliteExpected } from './sqlite-expected';
import { sqliteFiles, sqliteUnsettled } from './sqlite-files';
import { sqliteLedger, sqlitePipelines, sqlitePlans } from './sqlite-ledger';
import { openDatabase, type SqliteOpenOptions } from './sqlite-open';
import { SqliteTotals } from './sqlite-totals';
import type { StagedLimits } from './staged-totals';
import type { Store, StoreTransaction } from './store';

const STAGED_LIMITS: StagedLimits = { deltasMax: STAGED_IN_MEMORY_DELTAS_MAX, addressesMax: STAGED_IN_MEMORY_ADDRESSES_MAX };

export class SqliteStore implements Store {
  private readonly writing = new SerialQueue();
  private readonly reading = new SerialQueue();
  private readonly renewal: NodeJS.Timeout;
  private refusal: Error | undefined;
  private readonly writeTables: SqliteTransaction;
  private readonly readTables: StoreTransaction;

  private constructor(
    private readonly writer: SqliteConnection,
    private readonly reader: SqliteConnection,
    private readonly hostname: string,
    stagedLimits: StagedLimits,
  ) {
    this.writeTables = tablesOf(writer, stagedLimits);
    this.readTables = tablesOf(reader, stagedLimits);
    this.renewal = setInterval(() => void this.renewLease(), HOST_LEASE_RENEWAL_MS);
    this.renewal.unref();
  }

  /** Throws sink_refused or sink_unavailable. Only tests take other limits. */
  static open(options: SqliteOpenOptions, stagedLimits = STAGED_LIMITS): SqliteStore {
    const { writer, reader, hostname } = openDatabase(options);
    return new SqliteStore(writer, reader, hostname, stagedLimits);
  }

  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await this.writing.run(async () => {
      if (this.refusal !== undefined) throw this.refusal;
      this.writer.execute('BEGIN IMMEDIATE');
      this.writeTables.totals.forgetStaged();
      this.writeTables.prunedTotals.forgetStaged();
      return await within(this.writer, 'COMMIT', () => work(this.writeTables));
    });
  }

  async snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await this.reading.run(async () => {
      this.reader.execute('BEGIN');
      return await within(this.reader, 'ROLLBACK', () => work(this.readTables));
    });
  }

  async collectOutside(): Promise<number> {
    return 0;
  }

  async check(): Promise<readonly string[]> {
    return await this.reading.run(async () => {
      const found = this.reader.all('PRAGMA quick_check').map((row) => String(row['quick_check']));
      return found.filter((fact) => fact !== 'ok');
    });
  }

  async close(): Promise<void> {
    clearInterval(this.renewal);
    await this.reading.run(async () => this.reader.close());
    await this.writing.run(async () => this.writer.close());
  }

  /** A host that appeared beside this one, on a mount that was not known as shared, ends the writing here. */
  private async renewLease(): Promise<void> {
    await this.writing
      .run(async () => renewHostLease(this.writer, this.hostname, Date.now()))
      .catch((error: unknown) => {
        if (error instanceof TallylineFailure && error.code === 'sink_refused') this.refusal = error;
      });
  }
}

/** Ends the transaction by `end`, or rolls it back when the work or its end throws. */
async function within<Result>(connection: SqliteConnection, end: 'COMMIT' | 'ROLLBACK', work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await work();
    connection.execute(end);
    return result;
  } finally {
    if (connection.inTransaction) connection.execute('ROLLBACK');
  }
}

interface SqliteTransaction extends StoreTransaction {
  readonly totals: SqliteTotals;
  readonly prunedTotals: SqliteTotals;
}

function tablesOf(connection: SqliteConnection, stagedLimits: StagedLimits): SqliteTransaction {
  return {
    pipelines: sqlitePipelines(connection),
    files: sqliteFiles(connection),
    unsettled: sqliteUnsettled(connection),
    blobs: sqliteBlobs(connection),
    contributions: sqliteContributions(connection),
    receipts: sqliteReceipts(connection),
    totals: new SqliteTotals(connection, 'totals_rows', stagedLimits),
    prunedTotals: new SqliteTotals(connection, 'pruned_totals', stagedLimits),
    postings: sqlitePostings(connection),
    ledger: sqliteLedger(connection),
    plans: sqlitePlans(connection),
    ...sqliteExpected(connection),
    ...sqliteDisposals(connection),
  };
}
