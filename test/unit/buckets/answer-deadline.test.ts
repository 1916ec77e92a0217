/** What bounds a request in time, also where the client that sends it heeds no signal. */
import { AnswerDeadline } from '../../../src/buckets/answer-deadline';
import { BucketFailure } from '../../../src/buckets/bucket';

const never = new Promise<never>(() => undefined);

test('a request that heeds no signal, hanging for credentials say, ends as away', async () => {
  const deadline = new AnswerDeadline(undefined, 1, 'HeadObject');
  const failure: unknown = await deadline.race(never).catch((error: unknown) => error);
  deadline.release();
  expect(failure).toBeInstanceOf(BucketFailure);
  expect(failure).toMatchObject({ fault: 'away', fact: 'HeadObject was not answered within 0.001 s' });
});

test('such a request ends with the reason of whoever asked, before or meanwhile', async () => {
  const outer = new AbortController();
  const deadline = new AnswerDeadline(outer.signal, 60_000, 'HeadObject');
  const asked = deadline.race(never);
  const reason = new Error('nobody waits any more');
  outer.abort(reason);
  await expect(asked).rejects.toBe(reason);
  deadline.release();
  const late = new AnswerDeadline(outer.signal, 60_000, 'HeadObject');
  await expect(late.race(never)).rejects.toBe(reason);
  late.release();
});

test('an answer and a failure are passed on as they are', async () => {
  const deadline = new AnswerDeadline(undefined, 60_000, 'HeadObject');
  await expect(deadline.race(Promise.resolve('answer'))).resolves.toBe('answer');
  const failure = new Error('refused');
  await expect(deadline.race(Promise.reject(failure))).rejects.toBe(failure);
  deadline.release();
});
