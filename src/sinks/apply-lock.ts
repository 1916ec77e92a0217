import Database from 'better-sqlite3';
import { isSqliteError, translateSqliteError } from './sqlite-connection';

/** The apply role, held. */
export interface ApplyLock {
  release(): void;
}

/**
 * Takes the apply role of the database file `path`, or answers null when another process has it. The lock is an open exclusive
 * transaction on a file of its own, so that the operating system ends it with its process, however that ends.
 * Throws sink_unavailable when the lock file cannot be used.
 */
export function tryTakeApplyLock(path: string): ApplyLock | null {
  const lockPath = `${path}.apply-lock`;
  let database: Database.Database | undefined;
  try {
    database = new Database(lockPath, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (isSqliteError(error) && error.code.startsWith('SQLITE_BUSY')) return null;
    throw translateSqliteError(error, lockPath);
  }
  const held = database;
  return {
    release: () => {
      if (held.open) held.close();
    },
  };
}
