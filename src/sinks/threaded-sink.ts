/**
 * A sink in a thread of its own behind the same interface: neither a large apply nor a wait for the database's lock holds up
 * the event loop of the worker, on which heartbeats depend.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TallylineFailure } from '../core/failures';
import { SINK_CALLS_WAITING_MAX } from '../core/limits';
import type { Sink } from './sink';
import { toError, type SinkReply } from './sink-messages';
import type { SinkHooks, StoredSinkOptions } from './open-sink';

type Method = keyof Sink;

/** Every method takes one argument or none, so that one kind of message carries them all. */
const METHODS: Readonly<Record<Method, true>> = {
  ensurePipeline: true,
  readPipeline: true,
  listPipelines: true,
  registerPage: true,
  forgetUnsettled: true,
  filesToStart: true,
  readFile: true,
  findFiles: true,
  listFiles: true,
  readStatuses: true,
  admit: true,
  quarantine: true,
  putPartial: true,
  storedSplits: true,
  putCheckpoint: true,
  readCheckpoint: true,
  collectBlobs: true,
  markCounted: true,
  apply: true,
  retract: true,
  recount: true,
  release: true,
  stop: true,
  resume: true,
  createPlan: true,
  sealPlan: true,
  readPlan: true,
  listPlans: true,
  applyPlan: true,
  expirePlans: true,
  planDifference: true,
  retractionDifference: true,
  readTotals: true,
  explain: true,
  closePeriod: true,
  markRestored: true,
  prune: true,
  eraseSamples: true,
  readReceipt: true,
  readContribution: true,
  readLedger: true,
  readStatus: true,
  readManifests: true,
  putManifest: true,
  putMalformedManifest: true,
  judgeManifest: true,
  forgetManifests: true,
  expectArrivals: true,
  readExpected: true,
  filesToDispose: true,
  begunDisposals: true,
  beginDisposal: true,
  recordDisposal: true,
  readDisposals: true,
  verify: true,
  close: true,
};

const OPENING = 0;

/** Throws sink_refused or sink_unavailable. Only tests take another entry. */
export async function openThreadedSink(workerData: StoredSinkOptions, { onLost }: SinkHooks = {}, entry = threadEntry()): Promise<Sink> {
  const calls = new ThreadCalls(new Worker(entry, { workerData }), onLost);
  await calls.opened();
  const methods = (Object.keys(METHODS) as Method[]).map((method) => [method, (argument: unknown) => calls.call(method, argument)]);
  const sink: unknown = Object.fromEntries(methods);
  return sink as Sink;
}

/** A thread runs built code; from sources (tests) that is in dist. */
export function threadEntry(): string {
  const folder = __filename.endsWith('.ts') ? __dirname.replace(/([\\/])src([\\/]sinks)$/, '$1dist$2') : __dirname;
  return join(folder, 'sink-thread.js');
}

interface WaitingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class ThreadCalls {
  private readonly waiting = new Map<number, WaitingCall>();
  private lastId = OPENING;
  private ended: Error | undefined;
  private isOpen = false;
  private isClosing = false;

  constructor(
    private readonly thread: Worker,
    private readonly onLost: SinkHooks['onLost'],
  ) {
    thread.on('message', (reply: SinkReply) => this.settle(reply));
    thread.on('error', (error) =>
      this.end(new TallylineFailure('sink_unavailable', `the thread of the sink failed: ${error.message}`, { cause: error })),
    );
    thread.on('exit', () => this.end(new TallylineFailure('sink_unavailable', 'the sink is closed')));
  }

  async opened(): Promise<void> {
    await this.wait(OPENING);
    this.isOpen = true;
  }

  async call(method: Method, argument: unknown): Promise<unknown> {
    if (method === 'close' && this.ended) return undefined;
    if (this.ended) throw this.ended;
    if (this.waiting.size >= SINK_CALLS_WAITING_MAX && method !== 'close') {
      throw new TallylineFailure('sink_unavailable', `${this.waiting.size} calls wait for the database`);
    }
    this.isClosing ||= method === 'close';
    this.lastId += 1;
    const answered = this.wait(this.lastId);
    this.thread.postMessage({ id: this.lastId, method, argument: withOwnBytes(argument) });
    return await answered;
  }

  private wait(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private settle(reply: SinkReply): void {
    const call = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.kind === 'result') call?.resolve(reply.result);
    else call?.reject(toError(reply.failure));
  }

  private end(failure: TallylineFailure): void {
    if (this.ended) return;
    this.ended = failure;
    // One that never opened has told so by itself.
    if (!this.isClosing && this.isOpen) this.onLost?.(failure);
    for (const call of this.waiting.values()) call.reject(failure);
    this.waiting.clear();
  }
}

/** Of a view on a larger buffer the whole buffer would be sent. */
function withOwnBytes(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) return argument;
  const members = Object.entries(argument).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Uint8Array ? Uint8Array.from(value) : value,
  ]);
  return Object.fromEntries(members) as unknown;
}
