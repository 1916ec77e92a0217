/** The first SIGTERM or SIGINT drains within the grace; a second one stops now. Nothing is lost either way: the sink and Temporal remember. */
import { setMaxListeners } from 'node:events';

const EXIT_CODE_STOPPED_NOW = 130;

/** Aborts the returned signal at the first signal. `say` tells the person at the terminal what happens. */
export function drainOnSignal(say: (line: string) => void): AbortSignal {
  const drain = new AbortController();
  // Every waiting file listens to it; their number is bounded by the windows.
  setMaxListeners(0, drain.signal);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (drain.signal.aborted) {
        say('Stopping now. What was under way goes on from its last checkpoint when a worker runs again.');
        process.exit(EXIT_CODE_STOPPED_NOW);
      }
      say(`${signal}: finishing what is under way; a second signal stops at once.`);
      drain.abort();
    });
  }
  return drain.signal;
}
