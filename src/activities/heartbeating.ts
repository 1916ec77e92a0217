import { Context } from '@temporalio/activity';

const EVERY_MS = 5_000;

/** Heartbeats while `work` lasts: for what is bounded by its start-to-close timeout, and shows its progress in its result. */
export async function heartbeating<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
