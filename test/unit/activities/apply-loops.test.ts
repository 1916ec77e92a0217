import { ApplyLoops } from '../../../src/activities/apply-loops';

test('only a loop that runs can be asked, of its own pipeline, and hears it once', () => {
  const loops = new ApplyLoops();
  expect(loops.ask('usage')).toBe(false);
  const loop = loops.begin('usage');
  expect(loops.ask('other')).toBe(false);
  expect(loop.takeAsked()).toBe(false);
  expect(loops.ask('usage')).toBe(true);
  expect([loop.takeAsked(), loop.takeAsked()]).toEqual([true, false]);
  loop.end();
  expect(loops.ask('usage')).toBe(false);
});

test('the loop of an attempt that timed out does not keep a question from the one that follows it', () => {
  const loops = new ApplyLoops();
  const late = loops.begin('usage');
  const next = loops.begin('usage');
  loops.ask('usage');
  expect(next.takeAsked()).toBe(true);
  late.end();
  expect(loops.ask('usage')).toBe(true);
});
