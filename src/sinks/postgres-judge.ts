import { TallylineFailure } from '../core/failures';
import type { PostgresRow, TransactionMode } from './postgres-connection';

const VERSION_MIN = 130_000;

/**
 * Whether what is committed to this server stays. Asked with every transaction: settings change, and behind a name or a pooler another
 * server may answer. Throws sink_unavailable for one that takes no writes now, sink_refused for one that could lose some.
 */
export function judgeServer(row: PostgresRow, place: string, mode: TransactionMode): void {
  if (row['isStandby'] === true) throw new TallylineFailure('sink_unavailable', `${place}: connected to a standby`);
  if (mode === 'change' && row['readOnly'] === 'on')
    throw new TallylineFailure('sink_unavailable', `${place}: transactions are read-only there (default_transaction_read_only)`);
  const fault = findFault(row);
  if (fault !== null) throw new TallylineFailure('sink_refused', `${place}: ${fault}`);
}

function findFault({ fsync, fullPageWrites, synchronousCommit, version, encoding }: PostgresRow): string | null {
  if (fsync !== 'on') return `the server runs with fsync=${String(fsync)}, so a crash can damage what was committed`;
  if (fullPageWrites !== 'on') return `the server runs with full_page_writes=${String(fullPageWrites)}, so a crash can damage its pages`;
  if (synchronousCommit === 'off') return 'sessions run with synchronous_commit=off, so a crash can lose what was committed';
  if (typeof version !== 'number' || version < VERSION_MIN)
    return `server version ${String(version)} is older than ${VERSION_MIN} (PostgreSQL 13)`;
  if (encoding !== 'UTF8') return `the database has encoding ${String(encoding)} and not UTF8`;
  return null;
}
