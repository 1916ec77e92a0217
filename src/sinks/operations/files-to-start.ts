/** Which files a scan may start now. */
import type { FilesToStart, FilesToStartInput } from '../sink';
import type { StoreTransaction } from '../store';

/**
 * A row `counting` costs no room: it is in flight already, or its workflow was lost and must be started again, which a full
 * window must not prevent. While there is no room, rows `seen` are passed over; the caller's next pass from 0 finds them.
 */
export async function filesToStart(tx: StoreTransaction, input: FilesToStartInput): Promise<FilesToStart> {
  const { pipeline, sourceId, afterSequence, windowFiles, limitFiles } = input;
  const backlog = await tx.files.backlog({ pipeline, sourceId, afterSequence });
  const inFlight = backlog.counting + backlog.counted + backlog.seenStarted;
  let room = Math.max(0, windowFiles - inFlight);
  const states = room > 0 ? (['seen', 'counting'] as const) : (['counting'] as const);
  const rows = await tx.files.list({ pipeline, sourceId, states, afterSequence, limit: limitFiles });
  const end = rows.findIndex(({ state }) => state === 'seen' && (room -= 1) < 0);
  const files = (end < 0 ? rows : rows.slice(0, end)).map(({ fileId, version, sequence, sourceKey, generation, sizeBytes }) => {
    return { fileId, version, sequence, sourceKey, generation, sizeBytes };
  });
  return { files, inFlight, waiting: backlog.waiting };
}
