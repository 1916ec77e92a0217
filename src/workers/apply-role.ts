/**
 * The apply role where the sink is a file: one process holds it by a lock that dies with it; the others try again and poll the
 * apply queue only while they hold it.
 */
import type { Worker } from '@temporalio/worker';
import { pause } from '../activities/pause';

const TRY_AGAIN_MS = 2_000;

export interface HeldLock {
  release(): void;
}

/** Runs until `stop` aborts. `createWorker` is called once the lock is held. */
export async function runApplyRole(options: {
  readonly tryTakeLock: () => HeldLock | null;
  readonly createWorker: () => Promise<Worker>;
  readonly stop: AbortSignal;
}): Promise<void> {
  const lock = await waitForLock(options.tryTakeLock, options.stop);
  if (lock === null) return;
  try {
    const worker = await options.createWorker();
    const running = worker.run();
    const shutdown = () => worker.shutdown();
    if (options.stop.aborted) shutdown();
    else options.stop.addEventListener('abort', shutdown, { once: true });
    await running;
  } finally {
    lock.release();
  }
}

async function waitForLock(tryTakeLock: () => HeldLock | null, stop: AbortSignal): Promise<HeldLock | null> {
  while (!stop.aborted) {
    const lock = tryTakeLock();
    if (lock !== null) return lock;
    await pause(TRY_AGAIN_MS, stop);
  }
  return null;
}
