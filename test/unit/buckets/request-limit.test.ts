import { BucketFailure } from '../../../src/buckets/bucket';
import { Patience } from '../../../src/buckets/patience';
import { RequestLimit } from '../../../src/buckets/request-limit';

async function takeAll(limit: RequestLimit): Promise<(() => void)[]> {
  const held: (() => void)[] = [];
  for (let index = 0; index < limit.current; index++) held.push(await limit.take());
  return held;
}

test('no more requests are under way than allowed, and a place that is given back goes to the next in line', async () => {
  const limit = new RequestLimit(2);
  const [first] = await takeAll(limit);
  let isThird = false;
  const third = limit.take().then((release) => {
    isThird = true;
    return release;
  });
  await Promise.resolve();
  expect(isThird).toBe(false);
  first?.();
  first?.();
  await third;
  let isFourth = false;
  void limit.take().then(() => (isFourth = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isFourth).toBe(false);
});

test('asked to slow down it halves once for all that were under way, and grows by one with each round of answers', async () => {
  const limit = new RequestLimit(16);
  limit.slowDown();
  limit.slowDown();
  expect(limit.current).toBe(8);
  for (let answers = 0; answers < 8; answers++) limit.answered();
  expect(limit.current).toBe(9);
  limit.answered();
  limit.slowDown();
  expect(limit.current).toBe(4);
  for (let answers = 0; answers < 1000; answers++) limit.answered();
  expect(limit.current).toBe(16);
});

test('at least one request is always allowed', () => {
  const limit = new RequestLimit(4);
  for (let times = 0; times < 10; times++) {
    limit.answered();
    limit.slowDown();
  }
  expect(limit.current).toBe(1);
});

test('who waits in line and is cancelled leaves it', async () => {
  const limit = new RequestLimit(1);
  const [first] = await takeAll(limit);
  const cancel = new AbortController();
  const waiting = limit.take(cancel.signal);
  cancel.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  first?.();
  await expect(limit.take()).resolves.toBeInstanceOf(Function);
});

test('patience passes the failure on once its time is over, and progress begins it anew', async () => {
  const failure = new BucketFailure('away', 'silence');
  const patience = new Patience(undefined, 300);
  const startedAtMs = performance.now();
  await expect(
    (async () => {
      for (;;) await patience.after(failure);
    })(),
  ).rejects.toBe(failure);
  expect(performance.now() - startedAtMs).toBeLessThanOrEqual(1000);
  patience.progress();
  await patience.after(failure);
});
