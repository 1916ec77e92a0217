import { countedContent, type CountedContent, type Line } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { MEANING, testFile, type TestFile } from './sink-driver';

const lines: readonly Line[] = [
  ['a', 1n],
  ['b', 2n],
  ['a', 3n],
];

/** What becomes of a file that cannot be counted by the plan that it has. */
export function describeReplanning(under: () => SinkUnderTest): void {
  const content = countedContent(lines);
  const whole: CountedContent = countedContent(lines, { cutAt: Infinity });
  const file = testFile('f', content);
  const replanned: TestFile = { ...file, content: whole };
  const old = { fileId: file.fileId, version: 1, planDigest: content.planDigest };

  describe('replacing a plan', () => {
    beforeEach(async () => {
      const { driver } = under();
      await driver.register(file);
    });

    test('a plan takes the place of another, and what was counted by that is forgotten', async () => {
      const { sink, driver } = under();
      await driver.admit(file);
      await driver.putPartials(file);
      expect(await driver.replan(replanned, content.planDigest)).toEqual({
        outcome: 'counting',
        plan: whole.plan,
        planDigest: whole.planDigest,
      });
      expect(await driver.row(file)).toMatchObject({ state: 'counting', version: 1, plan: whole.plan, planDigest: whole.planDigest });
      expect(await sink.storedSplits(old)).toEqual([]);
      expect(await sink.storedSplits({ ...old, planDigest: whole.planDigest })).toEqual([]);
    });

    test('what is counted by the old plan later is fenced, and never in the totals', async () => {
      const { sink, driver } = under();
      await driver.admit(file);
      await driver.putPartials(file, { only: 0 });
      await driver.replan(replanned, content.planDigest);
      for (const { splitIndex, blob, digest } of content.partials) {
        const address = { ...old, splitIndex, blob, digest, nowMs: driver.nowMs };
        expect(await sink.putPartial(address)).toBe('fenced');
        expect(await sink.putCheckpoint(address)).toBe('fenced');
      }
      expect(await driver.markCounted(file)).toEqual({ outcome: 'fenced' });
      expect(await driver.markCounted(replanned)).toMatchObject({ outcome: 'incomplete', missingSplits: [0] });
      await driver.putPartials(replanned);
      expect(await driver.markCounted(replanned)).toEqual({ outcome: 'counted' });
      await driver.apply();
      expect(await driver.totals()).toEqual({ a: '4/2', b: '2/1' });
      expect((await sink.readReceipt(file.fileId))?.splits).toBe(1);
      expect(await sink.verify({ pipeline: MEANING.pipeline })).toEqual([]);
    });

    test('is done once: a twin that asks for the same finds the new plan, with what was counted by it', async () => {
      const { sink, driver } = under();
      await driver.admit(file);
      await driver.replan(replanned, content.planDigest);
      await driver.putPartials(replanned);
      expect(await driver.replan(replanned, content.planDigest)).toMatchObject({ outcome: 'counting', planDigest: whole.planDigest });
      expect(await driver.admit(file)).toMatchObject({ outcome: 'counting', planDigest: whole.planDigest });
      expect(await sink.storedSplits({ ...old, planDigest: whole.planDigest })).toEqual([0]);
    });

    test('of another version, or of a file that is not being counted any more, nothing is changed', async () => {
      const { driver } = under();
      await driver.admit(file);
      expect(await driver.replan(replanned, content.planDigest, 2)).toEqual({ outcome: 'fenced' });
      await driver.putPartials(file);
      await driver.markCounted(file);
      expect(await driver.replan(replanned, content.planDigest)).toMatchObject({ outcome: 'settled', row: { state: 'counted' } });
      await driver.apply();
      expect(await driver.replan(replanned, content.planDigest)).toMatchObject({ outcome: 'settled', row: { state: 'in' } });
      expect((await driver.row(file)).planDigest).toBe(content.planDigest);
    });

    test('a plan of another file is refused', async () => {
      const { driver } = under();
      await driver.admit(file);
      const other = { ...file, content: countedContent([['a', 1n]]) };
      await expect(driver.replan(other, content.planDigest)).rejects.toMatchObject({ code: 'invariant_violated' });
    });
  });
}
