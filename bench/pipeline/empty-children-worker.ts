/** A worker process for them: `node bench/run.js pipeline/empty-children-worker ADDRESS`. Says `ready` once it polls. */
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';

export const EMPTY_TASK_QUEUE = 'bench-empty-children';

async function main(address: string): Promise<void> {
  Runtime.install({ shutdownSignals: ['SIGTERM'] });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: EMPTY_TASK_QUEUE,
    workflowsPath: require.resolve('./empty-children-workflows.ts'),
    activities: { doNothing: async () => undefined },
  });
  const running = worker.run();
  process.stdout.write('ready\n');
  await running;
  await connection.close();
}

const [, , name, address] = process.argv;
if (name === 'pipeline/empty-children-worker' && address !== undefined) {
  main(address).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
}
