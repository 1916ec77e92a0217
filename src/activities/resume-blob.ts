/** Finds the checkpoint that a heartbeat refers to. Missing or damaged means: from the start of the split, which loses time only. */
import { sha256Hex } from '../kernel/digest';
import type { PartialAddress } from '../sinks/sink';
import type { CheckpointStore } from './split-books';
import type { SplitHeartbeat } from './split-heartbeat';

export async function readResumeBlob(
  store: CheckpointStore,
  address: PartialAddress,
  checkpoint: SplitHeartbeat['checkpoint'],
): Promise<Uint8Array | null> {
  if (checkpoint === null) return null;
  if ('inlineBase64' in checkpoint) return Buffer.from(checkpoint.inlineBase64, 'base64');
  const blob = await store.readCheckpoint({ ...address, digest: checkpoint.digest });
  return blob !== null && sha256Hex(blob) === checkpoint.digest ? blob : null;
}
