/** Activities over a memory sink and a folder of files, run without a server. What counts splits is the test's to give. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Info } from '@temporalio/activity';
import type { ActivityDependencies, PipelineRuntime, SplitCounting } from '../../src/activities/dependencies';
import { DEFAULT_COMPRESSION } from '../../src/core/compression';
import { DEFAULT_FORMAT } from '../../src/core/format';
import type { QuarantineReason } from '../../src/core/failures';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { openSink } from '../../src/sinks/open-sink';
import type { Sink } from '../../src/sinks/sink';
import { openSource } from '../../src/sources/open-source';

export const PIPELINE = 'usage';
const MEANING = { pipeline: PIPELINE, meaning: '{}', scale: 0, unit: '' };

export class ActivityBed {
  readonly quarantined: [QuarantineReason, number][] = [];
  readonly failures: string[] = [];
  readonly draining = new AbortController();
  woken = 0;
  lateMismatches = 0;

  private constructor(
    readonly sink: Sink,
    readonly runtime: PipelineRuntime,
    private readonly counting: SplitCounting,
  ) {}

  static async create(root: string, counting: SplitCounting = { run: () => Promise.reject(new Error('nothing counts')) }) {
    const sink = await openSink({ kind: 'memory' });
    await sink.ensurePipeline(MEANING);
    const sourceOptions = { kind: 'directory', sourceId: 'incoming', root, include: ['**/*'], exclude: [] } as const;
    const runtime: PipelineRuntime = {
      pipeline: PIPELINE,
      meaning: MEANING,
      source: openSource(sourceOptions),
      sourceOptions,
      quietPeriodMs: 0,
      requireMarkedDone: false,
      expect: { everyMs: null, withinMs: 3_600_000 },
      format: DEFAULT_FORMAT,
      compression: DEFAULT_COMPRESSION,
      periodRule: { kind: 'none' },
      policies: DEFAULT_POLICIES,
      retention: { contributionsMs: Number.MAX_SAFE_INTEGER, rejectSamplesMs: Number.MAX_SAFE_INTEGER },
      splitBytes: 1_048_576,
      checkpointBytes: 1_048_576,
      checkpointIntervalMs: 1_000,
      readBytesPerSecond: undefined,
      share: { name: 'any', threadsMax: Infinity, readBytesPerSecond: undefined },
      scanSettings: { windowFiles: 10, file: { wholeFileBytesMax: 1_048_576, windowSplits: 4, heartbeatTimeoutMs: 60_000 } },
    };
    return new ActivityBed(sink, runtime, counting);
  }

  dependencies(change: Partial<PipelineRuntime> = {}): ActivityDependencies {
    const nothing = () => undefined;
    return {
      pipelines: new Map([[PIPELINE, { ...this.runtime, ...change }]]),
      sink: this.sink,
      counting: this.counting,
      wake: async () => void (this.woken += 1),
      wakeAgain: async () => void (this.woken += 1),
      metrics: {
        splitCounted: nothing,
        splitResumed: nothing,
        checkpointStored: nothing,
        filesQuarantined: (_pipeline, reason, files) => this.quarantined.push([reason, files]),
        lateMismatches: (_pipeline, files) => (this.lateMismatches += files),
        applied: nothing,
        verified: nothing,
        agentAway: nothing,
        disposed: nothing,
        listed: () => undefined,
        scanned: nothing,
        scanStarted: nothing,
        published: nothing,
        failed: (code) => this.failures.push(code),
      },
      now: Date.now,
      draining: this.draining.signal,
    };
  }

  /** The id of the only file, once a listing registered it. */
  async onlyFileId(): Promise<string> {
    const [file] = await this.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 1 });
    if (file === undefined) throw new Error('no file is registered');
    return file.fileId;
  }
}

/** Runs one attempt; `beats` gets what it heartbeats. */
export function runActivity<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
  { info = {}, beats = [] }: { info?: Partial<Info>; beats?: unknown[] } = {},
): Promise<Result> {
  const environment = new MockActivityEnvironment({ scheduledTimestampMs: Date.now(), ...info }, { logger: new DefaultLogger('ERROR') });
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  return environment.run(activity as (input: unknown) => Promise<Result>, input);
}
