/** Which files a scan or a backfill may start now. */
import type { FilesToStart, FilesToStartInput } from '../sink-scan';
import type { StoreTransaction } from '../store';

/**
 * A row `counting` takes its room already, so it is listed without asking for any: after Temporal was lost the window is full of such
 * rows, and they are what must be started.
 */
export async function filesToStart(transaction: StoreTransaction, input: FilesToStartInput): Promise<FilesToStart> {
  const { pipeline, sourceId, state, afterSequence, windowFiles, limitFiles } = input;
  const backlog = await transaction.files.backlog({ pipeline, sourceId, state, afterSequence });
  const inFlight = backlog.counting + backlog.counted + (state === 'seen' ? backlog.before : 0);
  const room = state === 'seen' ? Math.max(0, windowFiles - inFlight) : limitFiles;
  const limit = Math.min(limitFiles, room);
  // One more than asked for tells whether there are more, without counting a backlog of any size.
  const rows = await transaction.files.list({ pipeline, sourceId, states: [state], afterSequence, limit: limit + 1 });
  const files = rows.slice(0, limit).map(({ fileId, version, sequence, sourceKey, generation, sizeBytes }) => {
    return { fileId, version, sequence, sourceKey, generation, sizeBytes };
  });
  return { files, inFlight, hasMore: rows.length > limit };
}
