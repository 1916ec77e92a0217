import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { eventCount, fetchHistory } from '../../test/helpers/history';
import { BENCH_FOLDER } from '../peers/places';
import { BENCH_TASK_QUEUE } from './bench-worker';
import { AGGREGATE_ID, type HandOverWay } from './hand-over-names';
import type { emptyParentWorkflow } from './empty-children-workflows';
import type { handOverAggregateWorkflow, handOverFileWorkflow } from './hand-over-workflows';

const START_MS_MAX = 120_000;

/** A process with workflows and activities that do nothing, on a server that others use, too. */
export class BenchWorkerProcess {
  private constructor(
    private readonly client: Client,
    private readonly worker: ChildProcess,
  ) {}

  static async start(client: Client, address: string): Promise<BenchWorkerProcess> {
    const worker = spawn('node', [join(BENCH_FOLDER, 'run.js'), 'pipeline/bench-worker', address], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the benchmark's worker was not ready within ${START_MS_MAX} ms`)), START_MS_MAX);
      worker.stdout.once('data', () => resolve(clearTimeout(timer)));
      worker.once('exit', (code) => reject(new Error(`the benchmark's worker ended with ${String(code)}`)));
    });
    return new BenchWorkerProcess(client, worker);
  }

  get pid(): number {
    return this.worker.pid ?? 0;
  }

  /** Seconds from the start of the parent to its end, which is after that of the last child. */
  async runEmptyChildren(children: number, window: number): Promise<number> {
    const startedAt = performance.now();
    await this.client.workflow.execute<typeof emptyParentWorkflow>('emptyParentWorkflow', {
      workflowId: `empty-parent-${Date.now()}`,
      taskQueue: BENCH_TASK_QUEUE,
      args: [{ children, window }],
    });
    return (performance.now() - startedAt) / 1000;
  }

  /** Seconds until as many file workflows have learned, in this way, that their file is applied; `window` at once. */
  async runHandOvers(way: HandOverWay, files: number, window: number): Promise<{ readonly seconds: number; readonly events: number }> {
    const { workflow } = this.client;
    const aggregate = await workflow.start<typeof handOverAggregateWorkflow>('handOverAggregateWorkflow', {
      ...{ workflowId: AGGREGATE_ID, taskQueue: BENCH_TASK_QUEUE },
      args: [way],
    });
    const startedAt = performance.now();
    const id = `hand-over-${Date.now()}`;
    let next = 0;
    const startNext = async (): Promise<void> => {
      while (next < files) {
        next += 1;
        await workflow.execute<typeof handOverFileWorkflow>('handOverFileWorkflow', {
          ...{ workflowId: `${id}-${next}`, taskQueue: BENCH_TASK_QUEUE },
          args: [way],
        });
      }
    };
    await Promise.all(Array.from({ length: window }, startNext));
    const seconds = (performance.now() - startedAt) / 1000;
    await aggregate.signal('stop');
    await aggregate.result();
    return { seconds, events: eventCount(await fetchHistory(this.client, `${id}-1`)) };
  }

  async stop(): Promise<void> {
    if (this.worker.exitCode !== null) return;
    const exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.kill('SIGTERM');
    await exited;
  }
}
