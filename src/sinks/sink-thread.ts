/** The thread's side of ThreadedSink: a LedgerSink over SQLite that answers messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { LedgerSink } from './ledger-sink';
import type { Sink } from './sink';
import { toFailureMessage, type SinkReply, type SinkRequest } from './sink-messages';
import { SqliteStore } from './sqlite-store';

type AnyMethod = (argument: unknown) => Promise<unknown>;

const port = parentPort;
if (port === null) throw new Error('sink-thread runs in a worker thread only');
const reply = (message: SinkReply) => port.postMessage(message);
const OPENING = 0;

try {
  const sink = new LedgerSink(SqliteStore.open(workerData as Parameters<typeof SqliteStore.open>[0]));
  port.on('message', (request: SinkRequest) => void answer(sink, request));
  reply({ id: OPENING, kind: 'result', result: null });
} catch (error) {
  reply({ id: OPENING, kind: 'failure', failure: toFailureMessage(error) });
  port.close();
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
