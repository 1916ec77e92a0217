/** Periods that close, answers of earlier, and what is forgotten. */
import { countedContent } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, testFile } from './sink-driver';

const NOVEMBER = '2026-11';
const DECEMBER = '2026-12';
const AFTER_NOVEMBER_MS = Date.UTC(2026, 11, 5);

export function describePeriods(underAnyTime: () => SinkUnderTest): void {
  const under = (): SinkUnderTest => {
    const found = underAnyTime();
    found.driver.nowMs = Math.max(found.driver.nowMs, AFTER_NOVEMBER_MS);
    return found;
  };
  const verify = () => under().sink.verify({ pipeline: PIPELINE });
  const inPeriod = (name: string, period: string, value: bigint, key = 'k') => testFile(name, countedContent([[key, value]], { period }));
  const close = (period: string) => under().sink.closePeriod({ pipeline: PIPELINE, period, ...under().driver.by('month end') });

  test('what comes for a closed period is posted to the next as an adjustment, and the closed one stays', async () => {
    const { sink, driver } = under();
    const early = inPeriod('a', NOVEMBER, 1n);
    await driver.take(early, inPeriod('b', NOVEMBER, 2n));
    expect(await close(NOVEMBER)).toEqual({ outcome: 'done', ledgerSequence: 3 });
    expect(await close(NOVEMBER)).toEqual({ outcome: 'already', closedThrough: NOVEMBER });
    await driver.take(inPeriod('late', NOVEMBER, 10n), inPeriod('c', DECEMBER, 5n));
    expect(await driver.totals()).toEqual({
      [`${NOVEMBER}k`]: '3/2',
      [`${DECEMBER}k`]: '5/1',
      [`${DECEMBER}(${NOVEMBER})k`]: '10/1',
    });
    await driver.retract(early.fileId, 'billed by mistake');
    expect(await driver.totals()).toMatchObject({ [`${NOVEMBER}k`]: '3/2', [`${DECEMBER}(${NOVEMBER})k`]: '9/0' });
    const { steps } = await sink.explain({ pipeline: PIPELINE, key: Buffer.from('k'), period: DECEMBER });
    expect(steps.map(({ sourceKey, kind, adjusts, sum }) => `${sourceKey} ${kind} ${adjusts} ${sum}`).sort()).toEqual([
      `a retracted ${NOVEMBER} -1`,
      'c counted  5',
      `late counted ${NOVEMBER} 10`,
    ]);
    expect(await verify()).toEqual([]);
  });

  test('a plan whose difference a closing period moves is refused', async () => {
    const { sink, driver } = under();
    await driver.plan('p1', [inPeriod('a', NOVEMBER, 1n)]);
    await driver.plan('p2', [inPeriod('b', DECEMBER, 2n)]);
    expect((await sink.planDifference({ planId: 'p1' })).rows).toMatchObject([{ period: NOVEMBER, adjusts: '' }]);
    await close(NOVEMBER);
    expect(await driver.applyPlan('p1')).toMatchObject({
      outcome: 'outdated',
      fact: expect.stringContaining(`${NOVEMBER} posted to ${DECEMBER}`) as string,
    });
    expect(await driver.totals()).toEqual({});
    expect(await driver.applyPlan('p2')).toMatchObject({ outcome: 'done' });
    await driver.plan('p3', [inPeriod('a', NOVEMBER, 1n)]);
    expect(await driver.applyPlan('p3')).toMatchObject({ outcome: 'done' });
    expect(await driver.totals()).toEqual({ [`${DECEMBER}(${NOVEMBER})k`]: '1/1', [`${DECEMBER}k`]: '2/1' });
  });

  test('a period that has not ended, is none, or has another unit is not closed', async () => {
    const { sink } = under();
    expect(await close(DECEMBER)).toMatchObject({ outcome: 'refused', fact: `${DECEMBER} has not ended` });
    expect(await close('2026-11-30')).toMatchObject({ outcome: 'refused' });
    await expect(close('2026-13')).rejects.toMatchObject({ code: 'config_invalid' });
    expect(await sink.readPipeline(PIPELINE)).toMatchObject({ closedThrough: '', ledgerSequence: 0 });
  });

  test('every answer of earlier can be given again', async () => {
    const { driver, sink } = under();
    const a = inPeriod('a', NOVEMBER, 1n);
    const read = (asOf?: number) => sink.readTotals({ pipeline: PIPELINE, limit: 100, ...(asOf !== undefined && { asOf }) });
    const given = new Map([[0, await read()]]);
    const note = async () => {
      const { ledgerSequence } = (await sink.readPipeline(PIPELINE))!;
      given.set(ledgerSequence, await read());
    };
    await driver.take(a);
    await note();
    await driver.take(inPeriod('b', NOVEMBER, 4n, 'other'));
    await note();
    await close(NOVEMBER);
    await note();
    await driver.retract(a.fileId);
    await note();
    await driver.plan('p1', [a], { recount: true });
    await driver.applyPlan('p1');
    await note();
    // All of it, also through which period was closed then.
    for (const [number, answer] of given) expect(await read(number)).toEqual(answer);
    await expect(driver.totals(99)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(await verify()).toEqual([]);
  });

  test('answers of earlier come in pages as those of now do', async () => {
    const { driver, sink } = under();
    const lines = Array.from({ length: 9 }, (_, key): [string, bigint] => [`k${key}`, 1n]);
    await driver.take(testFile('a', countedContent(lines)));
    await driver.take(
      testFile(
        'b',
        countedContent([
          ['k3', 5n],
          ['k99', 5n],
        ]),
      ),
    );
    const keys: string[] = [];
    let after: Awaited<ReturnType<typeof sink.readTotals>>['next'] = null;
    do {
      const page = await sink.readTotals({ pipeline: PIPELINE, asOf: 1, limit: 2, ...(after && { after }) });
      keys.push(...page.rows.map(({ key, sum }) => `${Buffer.from(key).toString()}=${sum}`));
      after = page.next;
    } while (after !== null);
    expect(keys).toEqual(lines.map(([key]) => `${key}=1`));
  });

  test('pruning forgets contributions and never what they came to', async () => {
    const { driver, sink } = under();
    const files = [inPeriod('a', NOVEMBER, 1n), inPeriod('b', NOVEMBER, 2n), inPeriod('c', DECEMBER, 4n)];
    await driver.take(...files);
    await close(NOVEMBER);
    const closed = await driver.totals();
    driver.nowMs += 1000;
    await driver.take(inPeriod('d', DECEMBER, 8n));
    const pruned = await sink.prune({ pipeline: PIPELINE, beforeMs: driver.nowMs, ...driver.by('retention') });
    expect(pruned).toEqual({ prunedThrough: 4, contributions: 3, hasMore: false });
    expect(await verify()).toEqual([]);
    // From there on every answer can be given, and of a closed period from its closing on.
    expect(await driver.totals(4)).toEqual(closed);
    await expect(driver.totals(3)).rejects.toMatchObject({ code: 'history_pruned' });
    const ofNovember = await sink.readTotals({ pipeline: PIPELINE, period: NOVEMBER, asOf: 4, limit: 9 });
    expect(ofNovember.rows).toMatchObject([{ sum: 3n, count: 2n }]);
    await expect(driver.retract(files[0]!.fileId)).rejects.toMatchObject({ code: 'contribution_pruned' });
    expect(await sink.prune({ pipeline: PIPELINE, beforeMs: driver.nowMs, ...driver.by() })).toMatchObject({ contributions: 0 });
    const { carriedForward, totals } = await sink.explain({ pipeline: PIPELINE, key: Buffer.from('k') });
    expect(carriedForward.map(({ period, sum }) => `${period} ${sum}`)).toEqual([`${NOVEMBER} 3`, `${DECEMBER} 4`]);
    expect(totals.map(({ period, sum }) => `${period} ${sum}`)).toEqual([`${NOVEMBER} 3`, `${DECEMBER} 12`]);
    expect((await driver.register(...files)).known).toBe(3);
  });

  test('a recount with the same result brings back what was pruned, so that it can be retracted', async () => {
    const { driver, sink } = under();
    const file = inPeriod('a', DECEMBER, 1n);
    await driver.take(file);
    driver.nowMs += 1000;
    await sink.prune({ pipeline: PIPELINE, beforeMs: driver.nowMs, ...driver.by('retention') });
    await driver.recount(file.fileId);
    await driver.count(file);
    expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'in', version: 2 }]);
    expect(await verify()).toEqual([]);
    expect(await driver.retract(file.fileId)).toMatchObject({ outcome: 'done' });
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
  });

  test('a recount by a plan brings it back, too, and erased samples stay erased', async () => {
    const { driver, sink } = under();
    const file = inPeriod('a', DECEMBER, 1n);
    await driver.take(file);
    driver.nowMs += 1000;
    await sink.prune({ pipeline: PIPELINE, beforeMs: driver.nowMs, ...driver.by('retention') });
    await driver.plan('p1', [file], { recount: true });
    expect((await sink.planDifference({ planId: 'p1' })).rows).toEqual([]);
    expect(await driver.applyPlan('p1')).toMatchObject({ outcome: 'done', files: 1 });
    expect(await verify()).toEqual([]);
    expect(await driver.retract(file.fileId)).toMatchObject({ outcome: 'done' });
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
    driver.policies = { ...driver.policies, rejects: { maxCount: 9 } };
    const dirty = testFile('d', countedContent([['k', 'x']]));
    await driver.register(dirty);
    await driver.count(dirty);
    driver.nowMs += 1000;
    await sink.eraseSamples({ pipeline: PIPELINE, beforeMs: driver.nowMs });
    await driver.apply();
    expect((await sink.readReceipt(dirty.fileId))?.rejects.value_syntax?.samples).toEqual([{ offset: 0, text: null }]);
  });

  test('what a new generation would supersede is not taken out by guess once it is pruned', async () => {
    const { driver, sink } = under();
    driver.policies = { ...driver.policies, changedFile: 'supersede' };
    await driver.take(inPeriod('a', DECEMBER, 1n));
    driver.nowMs += 1000;
    await sink.prune({ pipeline: PIPELINE, beforeMs: driver.nowMs, ...driver.by('retention') });
    const next = testFile('a', countedContent([['k', 3n]], { period: DECEMBER }), 'g2');
    expect(await driver.take(next)).toMatchObject([{ state: 'quarantined', reason: 'contribution_pruned' }]);
    expect(await driver.totals()).toEqual({ [`${DECEMBER}k`]: '1/1' });
    expect(await verify()).toEqual([]);
  });

  test('a restored database goes on under a new ledger id', async () => {
    const { driver, sink } = under();
    await driver.take(inPeriod('a', DECEMBER, 1n));
    const before = (await sink.readPipeline(PIPELINE))!;
    const { ledgerId } = await sink.markRestored({ pipeline: PIPELINE, ...driver.by('disk lost') });
    expect(ledgerId).not.toBe(before.ledgerId);
    expect(await sink.readPipeline(PIPELINE)).toMatchObject({ ledgerId, ledgerSequence: 2 });
    expect(await verify()).toEqual([]);
  });

  test('the text of reject samples is erased, their number and places stay', async () => {
    const { driver, sink } = under();
    const dirty = testFile('d', countedContent([['k', 'x']]));
    await driver.take(dirty);
    driver.nowMs += 1000;
    expect(await sink.eraseSamples({ pipeline: PIPELINE, beforeMs: driver.nowMs })).toBe(1);
    expect(await sink.eraseSamples({ pipeline: PIPELINE, beforeMs: driver.nowMs })).toBe(0);
    const receipt = await sink.readReceipt(dirty.fileId);
    expect(receipt?.rejects.value_syntax).toEqual({ count: 1, samples: [{ offset: 0, text: null }] });
    expect(await verify()).toEqual([]);
  });
}
