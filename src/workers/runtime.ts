/** Temporal's own runtime of this process: its logs go to our logger, its metrics to a loopback port that our /metrics reads. */
import { Runtime, type Logger } from '@temporalio/worker';
import { findFreePort } from './dev-server';

/** Splits and applies take longer than the default buckets, which end at 60 s. */
const ACTIVITY_SECONDS_BUCKETS = [0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** Returns the address that serves Temporal's metrics. Once a process. */
export async function installRuntime(logger: Logger): Promise<string> {
  const bindAddress = `127.0.0.1:${await findFreePort()}`;
  Runtime.install({
    logger,
    // Shutdown is ours: the first signal drains, the second stops at once.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      metrics: {
        prometheus: {
          bindAddress,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
          histogramBucketOverrides: {
            temporal_activity_execution_latency: ACTIVITY_SECONDS_BUCKETS,
            temporal_activity_succeed_endtoend_latency: ACTIVITY_SECONDS_BUCKETS,
          },
        },
      },
    },
  });
  return bindAddress;
}
