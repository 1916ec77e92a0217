/** The benchmark's own worker: `node bench/run.js pipeline/bench-worker ADDRESS`. Says `ready` once it polls. */
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createHandOverActivities } from './hand-over-activities';

export const BENCH_TASK_QUEUE = 'tallyline-bench';

async function main(address: string): Promise<void> {
  Runtime.install({ shutdownSignals: ['SIGTERM'] });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: BENCH_TASK_QUEUE,
    workflowsPath: require.resolve('./bench-workflows.ts'),
    activities: { doNothing: async () => undefined, ...createHandOverActivities(new Client({ connection })) },
  });
  const running = worker.run();
  process.stdout.write('ready\n');
  await running;
  await connection.close();
}

const [, , name, address] = process.argv;
if (name === 'pipeline/bench-worker' && address !== undefined) {
  main(address).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
}
