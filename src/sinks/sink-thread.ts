/** The thread's side of ThreadedSink: a LedgerSink over a database that answers messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { ClaimCheckStore } from './claim-check-store';
import { refuseClaims } from './claim-guard';
import { ClaimChecks, type ClaimCheckOptions } from './claim-checks';
import { LedgerSink } from './ledger-sink';
import type { StoredSinkOptions } from './open-sink';
import type { Sink } from './sink';
import { toFailureMessage, type SinkReply, type SinkRequest } from './sink-messages';
import type { Store } from './store';

type AnyMethod = (argument: unknown) => Promise<unknown>;

const port = parentPort;
if (port === null) throw new Error('sink-thread runs in a worker thread only');
const reply = (message: SinkReply) => port.postMessage(message);
const OPENING = 0;

openStore(workerData as StoredSinkOptions).then(
  (store) => {
    const sink = new LedgerSink(store);
    port.on('message', (request: SinkRequest) => void answer(sink, request));
    reply({ id: OPENING, kind: 'result', result: null });
  },
  (error: unknown) => {
    reply({ id: OPENING, kind: 'failure', failure: toFailureMessage(error) });
    port.close();
  },
);

/** Loads the driver of this database only. */
async function openStore(options: StoredSinkOptions): Promise<Store> {
  if (options.kind === 'sqlite') return (await import('./sqlite-store.js')).SqliteStore.open(options);
  const store = await (await import('./postgres-store.js')).PostgresStore.open(options);
  return options.claimChecks === undefined ? refuseClaims(store) : await withClaimChecks(store, options.claimChecks);
}

async function withClaimChecks(store: Store, options: ClaimCheckOptions): Promise<Store> {
  const { S3Bucket } = await import('../buckets/s3-bucket.js');
  return new ClaimCheckStore(store, new ClaimChecks(new S3Bucket(options), options.prefix));
}

async function answer(sink: Sink, { id, method, argument }: SinkRequest): Promise<void> {
  try {
    const result = await (sink[method] as AnyMethod).call(sink, argument);
    reply({ id, kind: 'result', result });
  } catch (error) {
    reply({ id, kind: 'failure', failure: toFailureMessage(error) });
  }
  if (method === 'close') parentPort?.close();
}
