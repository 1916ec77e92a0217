import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@temporalio/client';
import { createWake } from '../../../src/workers/wake';

test('wakes that come together are one signal, sent outside of whichever attempt asked first', async () => {
  const attempt = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const signalWithStart = async () => void seen.push(attempt.getStore());
  const { wake } = createWake({ workflow: { signalWithStart } } as unknown as Client);
  await Promise.all(['first', 'second'].map((name) => attempt.run(name, () => wake('usage'))));
  expect(seen).toEqual([undefined]);
});

test('a wake that comes alone is sent at once, those soon after it are one signal that waits', async () => {
  const sentAt: number[] = [];
  const signalWithStart = async () => void sentAt.push(performance.now());
  const { wake } = createWake({ workflow: { signalWithStart } } as unknown as Client, () => performance.now());
  await wake('usage');
  const after = [wake('usage'), wake('usage')];
  await Promise.all(after);
  const [first = 0, second = 0, ...others] = sentAt;
  expect(second - first).toBeGreaterThanOrEqual(45);
  expect(others).toEqual([]);
});

test('a wake that fails fails for everybody who shares it, and the next one is sent anew', async () => {
  let calls = 0;
  const signalWithStart = async () => {
    calls += 1;
    if (calls === 1) throw new Error('the server is away');
  };
  const { wake } = createWake({ workflow: { signalWithStart } } as unknown as Client);
  const results = await Promise.allSettled([wake('usage'), wake('usage')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await wake('usage');
  expect(calls).toBe(2);
});

test('files that go on waiting send one wake in ten seconds, however many they are', async () => {
  let calls = 0;
  let nowMs = 1_000_000;
  const signalWithStart = async () => void (calls += 1);
  const { wake, wakeAgain } = createWake({ workflow: { signalWithStart } } as unknown as Client, () => nowMs);
  await wake('usage');
  for (let second = 0; second < 30; second += 1) {
    nowMs += 1_000;
    await Promise.all(Array.from({ length: 20 }, () => wakeAgain('usage')));
  }
  expect(calls).toBe(1 + 3);
});
