import { TallylineFailure } from '../core/failures';
import { HOST_LEASE_MS } from '../core/limits';
import type { SqliteConnection } from './sqlite-connection';

/**
 * Writes down that this host uses the database now. Throws sink_refused when another one does: locks of SQLite hold between the
 * processes of one host only. Best effort behind the file-system check, for mounts that it does not know.
 */
export function renewHostLease(connection: SqliteConnection, hostname: string, nowMs: number): void {
  connection.execute('BEGIN IMMEDIATE');
  try {
    const [other] = connection.all('SELECT hostname FROM hosts WHERE hostname <> @hostname AND seen_ms > @oldestMs LIMIT 1', {
      hostname,
      oldestMs: nowMs - HOST_LEASE_MS,
    });
    if (other) {
      const fact = `host ${String(other['hostname'])} has used ${connection.path} within the last ${HOST_LEASE_MS / 1000} s`;
      throw new TallylineFailure('sink_refused', fact);
    }
    connection.run('INSERT INTO hosts VALUES (@hostname, @nowMs) ON CONFLICT DO UPDATE SET seen_ms = excluded.seen_ms', {
      hostname,
      nowMs,
    });
    connection.execute('COMMIT');
  } finally {
    if (connection.inTransaction) connection.execute('ROLLBACK');
  }
}
