import { AttemptPulse } from '../../../src/activities/attempt-pulse';

let beats: number;
let pulse: AttemptPulse;

beforeEach(() => {
  jest.useFakeTimers();
  beats = 0;
  pulse = new AttemptPulse({
    heartbeatTimeoutMs: 4_000,
    beat: () => (beats += 1),
    silenceMsMax: 10_000,
    describeStall: () => new Error('nothing was read'),
  });
});
afterEach(() => {
  pulse.stop();
  jest.useRealTimers();
});

test('it beats four times in a heartbeat timeout, and no more once it is stopped', () => {
  jest.advanceTimersByTime(4_000);
  expect(beats).toBe(4);
  pulse.stop();
  jest.advanceTimersByTime(4_000);
  expect(beats).toBe(4);
});

test('an attempt that waits for a thread, or whose thread is done, never stalls', () => {
  jest.advanceTimersByTime(60_000);
  pulse.heard();
  pulse.endOfReading();
  jest.advanceTimersByTime(60_000);
  expect(pulse.stalled.aborted).toBe(false);
});

test('a thread that reads on never stalls, and one that is silent for too long does, with the reason', () => {
  for (let times = 0; times < 20; times += 1) {
    pulse.heard();
    jest.advanceTimersByTime(9_000);
  }
  expect(pulse.stalled.aborted).toBe(false);
  jest.advanceTimersByTime(2_000);
  expect(pulse.stalled.reason).toEqual(new Error('nothing was read'));
});
