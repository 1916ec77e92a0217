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
    await runUntil(options.stop, await options.createWorker());
  } finally {
    lock.release();
  }
}

/** Resolves once the worker has drained after `stop` aborted; rejects when it fails by itself. */
export async function runUntil(stop: AbortSignal, worker: Worker): Promise<void> {
  const running = worker.run();
  const shutDown = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // A signal during the start came before there was anybody to listen.
  if (stop.aborted) shutDown();
  else stop.addEventListener('abort', shutDown, { once: true });
  await running;
}

async function waitForLock(tryTakeLock: () => HeldLock | null, stop: AbortSignal): Promise<HeldLock | null> {
  while (!stop.aborted) {
    const lock = tryTakeLock();
    if (lock !== null) return lock;
    await pause(TRY_AGAIN_MS, stop);
  }
  return null;
}
