/** Files whose records have a period each: one file has contributions to several. */
import { INT64_MAX, PERIODS_PER_FILE_MAX } from '../../src/core/limits';
import { contentOfRecords } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, testFile } from './sink-driver';

const OCTOBER = '2026-10';
const NOVEMBER = '2026-11';
const DECEMBER = '2026-12';
const JANUARY = '2027-01';
const AFTER_NOVEMBER_MS = Date.UTC(2026, 11, 5);

export function describeRecordPeriods(underAnyTime: () => SinkUnderTest): void {
  const under = (): SinkUnderTest => {
    const found = underAnyTime();
    found.driver.nowMs = Math.max(found.driver.nowMs, AFTER_NOVEMBER_MS);
    return found;
  };
  const verify = () => under().sink.verify({ pipeline: PIPELINE });
  const close = (period: string) => under().sink.closePeriod({ pipeline: PIPELINE, period, ...under().driver.by('month end') });
  type Records = Parameters<typeof contentOfRecords>[0];
  const fileOf = (name: string, records: Records, generation?: string) => testFile(name, contentOfRecords(records), generation);

  test('each record is in the total of its own period, and leaves it with its file', async () => {
    const { driver, sink } = under();
    const a = fileOf('a', [
      [DECEMBER, 'k', 4n],
      [NOVEMBER, 'k', 1n],
      [NOVEMBER, 'm', 2n],
      [DECEMBER, 'k', 5n],
      [OCTOBER, 'm', 7n],
    ]);
    await driver.take(a, fileOf('b', [[NOVEMBER, 'k', 10n]]));
    expect(await driver.totals()).toEqual({
      [`${OCTOBER}m`]: '7/1',
      [`${NOVEMBER}k`]: '11/2',
      [`${NOVEMBER}m`]: '2/1',
      [`${DECEMBER}k`]: '9/2',
    });
    expect(await sink.readReceipt(a.fileId)).toMatchObject({ records: 5, periods: 3, firstPeriod: OCTOBER, lastPeriod: DECEMBER });
    const contribution: string[] = [];
    let page = await sink.readContribution({ fileId: a.fileId });
    for (;;) {
      contribution.push(...page.entries.map(({ key, sum }) => `${page.period} ${Buffer.from(key).toString()} ${sum}`));
      if (page.next === null) break;
      page = await sink.readContribution({ fileId: a.fileId, after: page.next });
    }
    expect(contribution).toEqual([`${OCTOBER} m 7`, `${NOVEMBER} k 1`, `${NOVEMBER} m 2`, `${DECEMBER} k 9`]);
    const explain = async (period?: string) => {
      const { steps } = await sink.explain({ pipeline: PIPELINE, key: Buffer.from('k'), ...(period !== undefined && { period }) });
      return steps.map((step) => `${step.sourceKey} ${step.period} ${step.sum}`).sort();
    };
    expect(await explain()).toEqual([`a ${NOVEMBER} 1`, `a ${DECEMBER} 9`, `b ${NOVEMBER} 10`]);
    expect(await explain(DECEMBER)).toEqual([`a ${DECEMBER} 9`]);
    expect(await verify()).toEqual([]);
    const before = await driver.totals();
    await driver.retract(a.fileId);
    expect(await driver.totals()).toEqual({ [`${NOVEMBER}k`]: '10/1' });
    expect(await driver.totals(2)).toEqual(before);
    expect(await verify()).toEqual([]);
  });

  test('what of a file is of closed periods adjusts them in the first open one, the rest is in its own', async () => {
    const { driver, sink } = under();
    const early = fileOf('early', [
      [NOVEMBER, 'k', 1n],
      [DECEMBER, 'k', 2n],
    ]);
    await driver.take(early);
    await close(NOVEMBER);
    await driver.take(
      fileOf('late', [
        [OCTOBER, 'k', 100n],
        [NOVEMBER, 'k', 10n],
        [DECEMBER, 'k', 20n],
        [JANUARY, 'k', 30n],
      ]),
    );
    const after = {
      [`${NOVEMBER}k`]: '1/1',
      [`${DECEMBER}k`]: '22/2',
      [`${DECEMBER}(${OCTOBER})k`]: '100/1',
      [`${DECEMBER}(${NOVEMBER})k`]: '10/1',
      [`${JANUARY}k`]: '30/1',
    };
    expect(await driver.totals()).toEqual(after);
    expect(await verify()).toEqual([]);
    await driver.retract(early.fileId);
    expect(await driver.totals()).toEqual({ ...after, [`${DECEMBER}k`]: '20/1', [`${DECEMBER}(${NOVEMBER})k`]: '9/0' });
    const { steps } = await sink.explain({ pipeline: PIPELINE, key: Buffer.from('k'), period: DECEMBER });
    expect(steps.map(({ sourceKey, kind, adjusts, sum }) => `${sourceKey} ${kind} ${adjusts} ${sum}`).sort()).toEqual([
      'early counted  2',
      'early retracted  -2',
      `early retracted ${NOVEMBER} -1`,
      'late counted  20',
      `late counted ${OCTOBER} 100`,
      `late counted ${NOVEMBER} 10`,
    ]);
    expect(await driver.totals(3)).toEqual(after);
    expect(await verify()).toEqual([]);
  });

  test('a generation of other periods takes the place of the one before in all of them, and a recount changes nothing', async () => {
    const { driver } = under();
    driver.policies = { ...driver.policies, changedFile: 'supersede' };
    await driver.take(
      fileOf('a', [
        [OCTOBER, 'k', 1n],
        [NOVEMBER, 'k', 2n],
      ]),
    );
    const next = fileOf(
      'a',
      [
        [NOVEMBER, 'k', 3n],
        [DECEMBER, 'm', 4n],
      ],
      'g2',
    );
    await driver.take(next);
    const after = { [`${NOVEMBER}k`]: '3/1', [`${DECEMBER}m`]: '4/1' };
    expect(await driver.totals()).toEqual(after);
    expect(await verify()).toEqual([]);
    await driver.recount(next.fileId);
    await driver.count(next);
    expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'in', version: 2 }]);
    expect(await driver.totals()).toEqual(after);
    expect(await verify()).toEqual([]);
  });

  test('a plan shows its difference in each period, is refused once one of them closes, and is applied as it says', async () => {
    const { driver, sink } = under();
    const file = fileOf('a', [
      [NOVEMBER, 'k', 1n],
      [DECEMBER, 'k', 2n],
    ]);
    await driver.plan('p1', [file]);
    expect(await driver.totals()).toEqual({});
    expect((await sink.planDifference({ planId: 'p1' })).rows).toMatchObject([
      { period: NOVEMBER, adjusts: '', after: { sum: 1n, count: 1n } },
      { period: DECEMBER, adjusts: '', after: { sum: 2n, count: 1n } },
    ]);
    await close(NOVEMBER);
    expect(await driver.applyPlan('p1')).toMatchObject({
      outcome: 'outdated',
      fact: expect.stringContaining(`${NOVEMBER} posted to ${DECEMBER}`) as string,
    });
    await driver.plan('p2', [file]);
    expect(await driver.applyPlan('p2')).toMatchObject({ outcome: 'done', files: 1 });
    expect(await driver.totals()).toEqual({ [`${DECEMBER}(${NOVEMBER})k`]: '1/1', [`${DECEMBER}k`]: '2/1' });
    await driver.plan('p3', [file], { recount: true });
    expect((await sink.planDifference({ planId: 'p3' })).rows).toEqual([]);
    expect(await driver.applyPlan('p3')).toMatchObject({ outcome: 'done' });
    expect(await sink.retractionDifference({ fileId: file.fileId })).toMatchObject({
      rows: [
        { period: DECEMBER, adjusts: '', after: { sum: 0n } },
        { period: DECEMBER, adjusts: NOVEMBER, after: { sum: 0n } },
      ],
    });
    await driver.retract(file.fileId);
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
  });

  test('pruning keeps what each period came to, and a recount brings back what it forgot', async () => {
    const { driver, sink } = under();
    const file = fileOf('a', [
      [NOVEMBER, 'k', 1n],
      [DECEMBER, 'k', 2n],
    ]);
    await driver.take(file);
    const before = await driver.totals();
    driver.nowMs += 1000;
    const pruned = await sink.prune({ pipeline: PIPELINE, beforeMs: driver.nowMs, ...driver.by('retention') });
    expect(pruned).toMatchObject({ contributions: 1 });
    expect(await driver.totals()).toEqual(before);
    expect(await verify()).toEqual([]);
    await expect(driver.retract(file.fileId)).rejects.toMatchObject({ code: 'contribution_pruned' });
    await driver.recount(file.fileId);
    await driver.count(file);
    await driver.apply();
    expect(await driver.retract(file.fileId)).toMatchObject({ outcome: 'done' });
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
  });

  test('the sum of a key must fit 64 bits in each period, not over all of them', async () => {
    const { driver } = under();
    const [fits, leaves] = await driver.take(
      fileOf('fits', [
        [NOVEMBER, 'k', INT64_MAX],
        [DECEMBER, 'k', INT64_MAX],
      ]),
      fileOf('leaves', [
        [NOVEMBER, 'a', 1n],
        [JANUARY, 'k', INT64_MAX],
        [JANUARY, 'k', 1n],
      ]),
    );
    expect(fits).toMatchObject({ state: 'in' });
    expect(leaves).toMatchObject({
      state: 'quarantined',
      reason: 'sum_overflow',
      detail: `the sum of key k in ${JANUARY} is ${INT64_MAX + 1n}`,
    });
    const [over] = await driver.take(
      fileOf('over', [
        [OCTOBER, 'k', 1n],
        [DECEMBER, 'k', 1n],
      ]),
    );
    expect(over).toMatchObject({
      state: 'quarantined',
      reason: 'total_overflow',
      detail: `the total of key k in ${DECEMBER} would leave 64 bits`,
    });
    expect(await driver.totals()).toEqual({ [`${NOVEMBER}k`]: `${INT64_MAX}/1`, [`${DECEMBER}k`]: `${INT64_MAX}/1` });
    expect(await verify()).toEqual([]);
  });

  test('a file of more periods than are kept apart is set aside, with the first and the last of them', async () => {
    const { driver, sink } = under();
    const month = (index: number): string => `${2000 + Math.floor(index / 12)}-${String(1 + (index % 12)).padStart(2, '0')}`;
    const recordsOf = (periods: number): Records => Array.from({ length: periods }, (_, index) => [month(index), 'k', 1n]);
    const [most, tooMany] = [fileOf('most', recordsOf(PERIODS_PER_FILE_MAX)), fileOf('too-many', recordsOf(PERIODS_PER_FILE_MAX + 1))];
    await driver.register(most, tooMany);
    expect(await driver.count(most)).toEqual({ outcome: 'counted' });
    expect(await driver.count(tooMany)).toMatchObject({
      outcome: 'quarantined',
      reason: 'too_many_periods',
      detail: expect.stringContaining(`from ${month(0)} to ${month(PERIODS_PER_FILE_MAX)}`) as string,
    });
    await driver.apply();
    expect(Object.keys(await driver.totals())).toHaveLength(PERIODS_PER_FILE_MAX);
    expect(await sink.readReceipt(tooMany.fileId)).toMatchObject({ periods: PERIODS_PER_FILE_MAX + 1 });
    expect(await verify()).toEqual([]);
    await driver.retract(most.fileId);
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
  });

  test('a file without an accepted record has no period and changes no total', async () => {
    const { driver, sink } = under();
    driver.policies = { ...driver.policies, rejects: { maxCount: 9 } };
    const file = fileOf('a', [[NOVEMBER, 'k', 'x']]);
    expect(await driver.take(file)).toMatchObject([{ state: 'in' }]);
    const receipt = await sink.readReceipt(file.fileId);
    expect(receipt).toMatchObject({ records: 0, rejected: 1, periods: 0 });
    expect(receipt).not.toHaveProperty('firstPeriod');
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
    expect(await driver.retract(file.fileId)).toMatchObject({ outcome: 'done' });
    expect(await verify()).toEqual([]);
  });
}
