/** Stores the checkpoints of one attempt: one at a time, and of those that come meanwhile only the newest. */
import { CHECKPOINT_INLINE_BYTES_MAX } from '../core/limits';
import type { CountedBlob } from '../kernel/thread-messages';
import type { PartialAddress } from '../sinks/sink';
import type { CheckpointStore } from './split-books';
import type { CheckpointReference } from './split-heartbeat';

export class CheckpointWriter {
  private storing: Promise<void> = Promise.resolve();
  private newest: CountedBlob | undefined;

  /** `onStored` follows the stored blob, so that a heartbeat never refers to one that is not there. */
  constructor(
    private readonly books: CheckpointStore,
    private readonly address: PartialAddress,
    private readonly now: () => number,
    private readonly onStored: (reference: CheckpointReference, nextOffset: number) => void,
  ) {}

  store(checkpoint: CountedBlob): void {
    const isIdle = this.newest === undefined;
    this.newest = checkpoint;
    if (!isIdle) return;
    // A checkpoint that cannot be stored costs a longer resume, nothing else; the partial's own store will tell of the outage.
    this.storing = this.storeNewest().catch(() => {
      this.newest = undefined;
    });
  }

  /** Resolves when nothing is being stored any more. */
  async settled(): Promise<void> {
    await this.storing;
  }

  private async storeNewest(): Promise<void> {
    while (this.newest) {
      const checkpoint = this.newest;
      this.onStored(await this.put(checkpoint), checkpoint.nextOffset);
      if (this.newest === checkpoint) this.newest = undefined;
    }
  }

  private async put({ blob, digest }: CountedBlob): Promise<CheckpointReference> {
    if (blob.byteLength < CHECKPOINT_INLINE_BYTES_MAX) return { inlineBase64: Buffer.from(blob).toString('base64') };
    await this.books.putCheckpoint({ ...this.address, blob, digest, nowMs: this.now() });
    return { digest };
  }
}
