import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { BENCH_FOLDER } from '../peers/places';
import { EMPTY_TASK_QUEUE } from './empty-children-worker';
import type { emptyParentWorkflow } from './empty-children-workflows';

const START_MS_MAX = 120_000;

/** A process that runs child workflows with one empty activity each on a server that others use, too. */
export class EmptyChildren {
  private constructor(
    private readonly client: Client,
    private readonly worker: ChildProcess,
  ) {}

  static async start(client: Client, address: string): Promise<EmptyChildren> {
    const worker = spawn('node', [join(BENCH_FOLDER, 'run.js'), 'pipeline/empty-children-worker', address], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the worker of empty children was not ready within ${START_MS_MAX} ms`)),
        START_MS_MAX,
      );
      worker.stdout.once('data', () => resolve(clearTimeout(timer)));
      worker.once('exit', (code) => reject(new Error(`the worker of empty children ended with ${String(code)}`)));
    });
    return new EmptyChildren(client, worker);
  }

  get pid(): number {
    return this.worker.pid ?? 0;
  }

  /** Seconds from the start of the parent to its end, which is after that of the last child. */
  async run(children: number, window: number): Promise<number> {
    const startedAt = performance.now();
    await this.client.workflow.execute<typeof emptyParentWorkflow>('emptyParentWorkflow', {
      workflowId: `empty-parent-${Date.now()}`,
      taskQueue: EMPTY_TASK_QUEUE,
      args: [{ children, window }],
    });
    return (performance.now() - startedAt) / 1000;
  }

  async stop(): Promise<void> {
    if (this.worker.exitCode !== null) return;
    const exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.kill('SIGKILL');
    await exited;
  }
}
