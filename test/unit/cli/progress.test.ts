import { printProgress } from '../../../src/cli/progress';
import type { PipelineStatus, Sink } from '../../../src/sinks/sink';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const NONE = { seen: 0, counting: 0, counted: 0, in: 0, out: 0, quarantined: 0, superseded: 0, alias: 0 };

/** A sink whose status takes `takesMs`, with when each look began and how many were under way at most. */
function watch(takesMs: number) {
  const seen = { beganAtMs: [] as number[], atOnce: 0 };
  const startedAtMs = Date.now();
  let underWay = 0;
  const readStatus = async (): Promise<PipelineStatus> => {
    seen.beganAtMs.push(Date.now() - startedAtMs);
    underWay += 1;
    seen.atOnce = Math.max(seen.atOnce, underWay);
    if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    underWay -= 1;
    const pipeline = {
      ...{ pipeline: 'usage', meaning: '', scale: 0, unit: '' },
      ledgerId: '',
      ledgerSequence: 0,
      stoppedAtMs: null,
      closedThrough: '',
      prunedThrough: 0,
    };
    return { pipeline: { ...pipeline, stopReason: null }, files: NONE, bytesIn: 0, recordsIn: 0, leftOut: [] };
  };
  const stop = new AbortController();
  const lines: string[] = [];
  printProgress({ readStatus } as unknown as Sink, ['usage'], stop.signal, (line) => lines.push(line));
  return { seen, stop, lines };
}

test('a quick sink is looked at every 2 s, and what did not change is said once', async () => {
  const { seen, lines } = watch(0);
  await jest.advanceTimersByTimeAsync(6_100);
  expect(seen.beganAtMs).toEqual([2_000, 4_000, 6_000]);
  expect(lines).toHaveLength(1);
});

test('a slow sink is looked at one at a time, after ten times what the last look took', async () => {
  const { seen } = watch(3_000);
  await jest.advanceTimersByTimeAsync(70_000);
  expect(seen).toEqual({ beganAtMs: [2_000, 35_000, 68_000], atOnce: 1 });
});

test('nothing is looked at after the stop', async () => {
  const { seen, stop } = watch(0);
  await jest.advanceTimersByTimeAsync(2_100);
  stop.abort();
  await jest.advanceTimersByTimeAsync(20_000);
  expect(seen.beganAtMs).toEqual([2_000]);
  expect(jest.getTimerCount()).toBe(0);
});
