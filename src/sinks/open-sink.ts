/** From plain data to a sink. */
import type { TallylineFailure } from '../core/failures';
import { LedgerSink } from './ledger-sink';
import { MemoryStore } from './memory-store';
import type { PostgresSinkOptions } from './postgres-options';
import type { Sink } from './sink';
import { openThreadedSink } from './threaded-sink';

/** Plain data: it crosses thread and process edges. */
type SinkOptions = StoredSinkOptions | { readonly kind: 'memory' };
export type StoredSinkOptions = SqliteSinkOptions | PostgresSinkOptions;

interface SqliteSinkOptions {
  readonly kind: 'sqlite';
  /** The database file; its folder is created. */
  readonly path: string;
  /** How long a transaction waits for another process before it gives up with sink_unavailable. */
  readonly busyTimeoutMs?: number;
  /** For who only reads: nothing is created, and a path without a database is `sink_unavailable`. */
  readonly mustExist?: boolean;
}

export interface SinkHooks {
  /** The sink can serve no more in this process: it must be opened anew. */
  readonly onLost?: (failure: TallylineFailure) => void;
}

/** Throws sink_refused or sink_unavailable. */
export async function openSink(options: SinkOptions, hooks: SinkHooks = {}): Promise<Sink> {
  return options.kind === 'memory' ? new LedgerSink(new MemoryStore()) : await openThreadedSink(options, hooks);
}
