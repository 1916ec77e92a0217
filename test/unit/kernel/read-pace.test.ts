import { ReadPace } from '../../../src/kernel/read-pace';

test('what a stall left unread is not made good in one go', async () => {
  let nowMs = 0;
  const pace = new ReadPace(100_000, () => nowMs);
  const ended = AbortSignal.abort();
  nowMs = 60_000;
  await pace.afterRead(1, ended);
  // A tenth of a second is within what is made good, a second is not: it waits, which an aborted signal ends.
  await pace.afterRead(10_000, ended);
  await expect(pace.afterRead(100_000, ended)).rejects.toThrow();
});
