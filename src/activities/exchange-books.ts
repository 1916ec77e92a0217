import type { CountSplitResult } from '../contracts/activity-types';
import { checkpointName, partialName, type SplitName } from '../core/exchange-names';
import { TallylineFailure, type QuarantineReason } from '../core/failures';
import type { PutBlobResult } from '../sinks/sink';
import type { Exchange } from './dependencies';
import { replacedElsewhere } from './replace-plan';
import type { SplitBooks } from './split-books';

type Blob = SplitName & { readonly blob: Uint8Array };

/** In the exchange. Who decides about the file is the intake, so that what this attempt finds is only told. */
export class ExchangeBooks implements SplitBooks {
  /** Which record spans lines, once one was found. */
  spanningRecord: string | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly sourceId: string,
    private readonly splitIndex: number,
  ) {}

  async putPartial(partial: Blob): Promise<PutBlobResult> {
    await this.exchange.put(partialName(this.sourceId, partial), partial.blob);
    return 'stored';
  }

  async putCheckpoint(checkpoint: Blob): Promise<PutBlobResult> {
    await this.exchange.put(checkpointName(this.sourceId, checkpoint), checkpoint.blob);
    return 'stored';
  }

  readCheckpoint(address: SplitName): Promise<Uint8Array | null> {
    return this.exchange.read(checkpointName(this.sourceId, address));
  }

  isReplaced(): Promise<boolean> {
    return Promise.resolve(false);
  }

  replacePlan(fact: string): Promise<CountSplitResult> {
    this.spanningRecord = fact;
    return Promise.resolve(replacedElsewhere(this.splitIndex));
  }

  setAside(reason: QuarantineReason, detail: string): Promise<TallylineFailure> {
    return Promise.resolve(new TallylineFailure(reason, detail));
  }
}
