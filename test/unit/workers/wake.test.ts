import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@temporalio/client';
import { createWake } from '../../../src/workers/wake';

test('wakes that come together are one signal, sent outside of whichever attempt asked first', async () => {
  const attempt = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const signalWithStart = async () => void seen.push(attempt.getStore());
  const wake = createWake({ workflow: { signalWithStart } } as unknown as Client);
  await Promise.all(['first', 'second'].map((name) => attempt.run(name, () => wake('usage'))));
  expect(seen).toEqual([undefined]);
});

test('a wake that fails fails for everybody who shares it, and the next one is sent anew', async () => {
  let calls = 0;
  const signalWithStart = async () => {
    calls += 1;
    if (calls === 1) throw new Error('the server is away');
  };
  const wake = createWake({ workflow: { signalWithStart } } as unknown as Client);
  const results = await Promise.allSettled([wake('usage'), wake('usage')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await wake('usage');
  expect(calls).toBe(2);
});
