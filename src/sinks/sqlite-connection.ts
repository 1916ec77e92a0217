/** One SQLite connection: prepared statements by their text, integers as bigint, and errors under Tallyline's codes. */
import Database from 'better-sqlite3';
import { TallylineFailure } from '../core/failures';

export type SqliteValue = string | number | bigint | Uint8Array | null;
/** By name, or in the order of the question marks, which is faster where one statement is run for thousands of rows. */
export type SqliteParameters = Readonly<Record<string, SqliteValue>> | readonly SqliteValue[];

/** The database cannot serve now: locked for too long, full, unreadable, gone. What is not here is a defect or a broken rule. */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL|NOMEM|PERM|AUTH)/;

export class SqliteConnection {
  private readonly statements = new Map<string, Database.Statement>();

  constructor(
    private readonly database: Database.Database,
    readonly path: string,
  ) {
    database.defaultSafeIntegers(true);
  }

  /** Rows as the statement names their columns; integers are bigint. The caller says the type of what it selects. */
  all(sql: string, parameters: SqliteParameters = {}): readonly Readonly<Record<string, unknown>>[] {
    return this.translated(() => this.statement(sql).all(parameters) as Record<string, unknown>[]);
  }

  /** Answers how many rows changed. */
  run(sql: string, parameters: SqliteParameters = {}): number {
    return this.translated(() => this.statement(sql).run(parameters).changes);
  }

  /** Statements without parameters or result, one or many. */
  execute(sql: string): void {
    this.translated(() => this.database.exec(sql));
  }

  pragma(text: string): unknown {
    return this.translated(() => this.database.pragma(text, { simple: true }));
  }

  get inTransaction(): boolean {
    return this.database.inTransaction;
  }

  close(): void {
    this.database.close();
  }

  private statement(sql: string): Database.Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.database.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }

  private translated<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error, this.path);
    }
  }
}

export function translateSqliteError(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  if (UNAVAILABLE.test(error.code))
    return new TallylineFailure('sink_unavailable', `${path}: ${error.message} (${error.code})`, { cause: error });
  return new TallylineFailure('invariant_violated', `${path}: ${error.message} (${error.code})`, { cause: error });
}

/** By shape: the native module knows the error class of whoever loaded it first, which need not be this one's. */
export function isSqliteError(error: unknown): error is Error & { readonly code: string } {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  return name === 'SqliteError' && typeof code === 'string';
}
