/** Plans and what is made of them: counted beside the totals, shown, and applied exactly or not at all. */
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { countedContent } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, testFile } from './sink-driver';

export function describePlanning(under: () => SinkUnderTest): void {
  const first = testFile('a', countedContent([['k', 1n]]));
  const second = testFile(
    'b',
    countedContent([
      ['k', 5n],
      ['l', 7n],
    ]),
  );
  const verify = () => under().sink.verify({ pipeline: PIPELINE });
  const told = async (planId: string) => {
    const { rows } = await under().sink.planDifference({ planId });
    return rows.map(({ period, key, before, after }) => `${period}${Buffer.from(key).toString()} ${before.sum} → ${after.sum}`);
  };

  test('a plan counts without touching the totals, shows the difference, and is applied exactly once', async () => {
    const { sink, driver } = under();
    await driver.take(first);
    const plan = await driver.plan('p1', [first, second]);
    // What is in stays as it is unless the plan is asked to recount.
    expect(plan.items.map(({ sourceKey, action, outcome }) => `${sourceKey} ${action} ${outcome}`)).toEqual(['b count in']);
    expect(await told('p1')).toEqual(['k 1 → 6', 'l 0 → 7']);
    expect(await driver.totals()).toEqual({ k: '1/1' });
    expect((await sink.listPipelines()).map(({ pipeline }) => pipeline)).toEqual([PIPELINE]);
    expect((await sink.readStatus({ pipeline: PIPELINE })).leftOut).toEqual([]);
    expect(await driver.applyPlan('p1', 'looked at it')).toEqual({ outcome: 'done', files: 1, ledgerSequence: 2 });
    expect(await driver.applyPlan('p1')).toEqual({ outcome: 'already', ledgerSequence: 2 });
    expect(await driver.totals()).toEqual({ k: '6/2', l: '7/1' });
    expect(await driver.row(second)).toMatchObject({ state: 'in', version: 1, inVersion: 1 });
    const [entry] = await sink.readLedger({ pipeline: PIPELINE, afterNumber: 1, limit: 9 });
    expect(entry).toMatchObject({ kind: 'counted', by: 'tester', reason: 'looked at it' });
    expect((await driver.register(second)).known).toBe(1);
    expect(await verify()).toEqual([]);
  });

  test('a plan is refused when the world has changed since, and when it has expired', async () => {
    const { sink, driver } = under();
    await driver.take(first);
    await driver.plan('p1', [second]);
    await driver.take(second);
    expect(await driver.applyPlan('p1')).toMatchObject({ outcome: 'outdated', fact: expect.stringContaining('b was judged as') as string });
    await driver.plan('p2', [first], { recount: true });
    await driver.retract(first.fileId);
    expect(await driver.applyPlan('p2')).toMatchObject({ outcome: 'outdated' });
    expect(await driver.totals()).toEqual({ k: '5/1', l: '7/1' });
    await driver.plan('p3', [first], { recount: true });
    driver.nowMs += 2_000_000;
    expect(await driver.applyPlan('p3')).toEqual({ outcome: 'expired' });
    expect(await driver.applyPlan('p4')).toEqual({ outcome: 'unknown' });
    expect(await sink.expirePlans({ pipeline: PIPELINE, nowMs: driver.nowMs })).toBe(3);
    expect(await sink.expirePlans({ pipeline: PIPELINE, nowMs: driver.nowMs })).toBe(0);
    expect(await sink.readPipeline(`${PIPELINE}~p3`)).toBeNull();
    expect(await verify()).toEqual([]);
  });

  test('a plan that is made again is the same one, and another one under its name is refused', async () => {
    const { sink, driver } = under();
    const { policies, nowMs } = driver;
    const request = { planId: 'p1', pipeline: PIPELINE, description: 'a', allowances: { recount: true }, policies, nowMs } as const;
    const made = await sink.createPlan({ ...request, expiresMs: nowMs + 10 });
    expect(await sink.createPlan({ ...request, nowMs: nowMs + 5, expiresMs: nowMs + 15 })).toEqual(made);
    const others = [{ description: 'b' }, { allowances: { release: true } }, { pipeline: 'other' }] as const;
    for (const other of others)
      await expect(sink.createPlan({ ...request, ...other, expiresMs: nowMs + 10 })).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('plans expire however many were made after them', async () => {
    const { sink, driver } = under();
    const { nowMs } = driver;
    const request = { pipeline: PIPELINE, description: '', allowances: {}, policies: DEFAULT_POLICIES };
    const make = (index: number, expiresMs: number) =>
      sink.createPlan({ planId: `p${index}`, ...request, nowMs: nowMs + index, expiresMs: nowMs + expiresMs });
    await make(0, 5000);
    for (let index = 1; index <= 1000; index += 1) await make(index, 1_000_000);
    expect(await sink.expirePlans({ pipeline: PIPELINE, nowMs: nowMs + 10_000 })).toBe(1);
    expect(await sink.readPipeline(`${PIPELINE}~p0`)).toBeNull();
    expect(await sink.readPipeline(`${PIPELINE}~p1`)).not.toBeNull();
  });

  test('a plan that was not counted yet, and one of a stopped pipeline, are not applied', async () => {
    const { sink, driver } = under();
    const request = { pipeline: PIPELINE, description: '', allowances: {}, policies: DEFAULT_POLICIES, nowMs: driver.nowMs };
    await sink.createPlan({ planId: 'p1', ...request, expiresMs: driver.nowMs + 10 });
    expect(await driver.applyPlan('p1')).toEqual({ outcome: 'not_counted' });
    await driver.plan('p2', [first]);
    await sink.stop({ pipeline: PIPELINE, ...driver.by() });
    await expect(driver.applyPlan('p2')).rejects.toMatchObject({ code: 'pipeline_stopped' });
  });

  test('a recount by plan replaces what was counted, in one step that the ledger explains', async () => {
    const { sink, driver } = under();
    await driver.take(first, second);
    const again = await driver.plan('p2', [second], { recount: true, fileIds: [second.fileId] });
    expect(again.items).toMatchObject([{ action: 'recount', outcome: 'in', takesOut: [{ fileId: second.fileId, version: 1 }] }]);
    expect(await told('p2')).toEqual([]);
    expect(await driver.applyPlan('p2', 'once more')).toMatchObject({ outcome: 'done' });
    expect(await driver.row(second)).toMatchObject({ state: 'in', version: 2, inVersion: 2 });
    expect(await driver.ledger()).toEqual(['1 counted v1', '2 counted v1', '3 recounted v2', '4 counted v2']);
    const explained = await sink.explain({ pipeline: PIPELINE, key: Buffer.from('l') });
    expect(explained.steps.map(({ number, kind, version, sum }) => `${number} ${kind} v${version} ${sum}`).sort()).toEqual([
      '2 counted v1 7',
      '4 counted v1 -7',
      '4 counted v2 7',
    ]);
    expect(await verify()).toEqual([]);
  });

  test('release counts a file whose rejects are accepted, exactly once', async () => {
    const { sink, driver } = under();
    const dirty = testFile(
      'd',
      countedContent([
        ['k', 1n],
        ['k', 'x'],
      ]),
    );
    await driver.take(dirty);
    expect(await driver.row(dirty)).toMatchObject({ state: 'quarantined', reason: 'reject_budget' });
    const refused = await driver.plan('p1', [dirty], { release: true });
    expect(refused.items).toMatchObject([{ action: 'none', outcome: 'reject_budget' }]);
    expect(await driver.applyPlan('p1')).toMatchObject({ outcome: 'done', files: 0 });
    await driver.plan('p2', [dirty], { release: true, acceptRejects: true });
    await driver.plan('p3', [dirty], { release: true, acceptRejects: true });
    expect(await driver.applyPlan('p2')).toMatchObject({ outcome: 'done', files: 1 });
    expect(await driver.applyPlan('p3')).toMatchObject({ outcome: 'outdated' });
    expect(await driver.totals()).toEqual({ k: '1/1' });
    const [left] = (await sink.readStatus({ pipeline: PIPELINE })).leftOut;
    expect(left).toMatchObject({ state: 'in', reason: 'rejected_lines', lines: 1 });
    expect(await driver.ledger()).toEqual(['1 released v2', '2 counted v2']);
    expect(await verify()).toEqual([]);
  });

  test('a new generation is released only together with the word how: superseding the other, or beside it', async () => {
    const { sink, driver } = under();
    const next = testFile('a', countedContent([['k', 10n]]), 'g2');
    await driver.take(first);
    await driver.take(next);
    expect(await driver.row(next)).toMatchObject({ state: 'quarantined', reason: 'new_generation' });
    expect((await driver.plan('p1', [next], { release: true })).items).toMatchObject([{ outcome: 'new_generation' }]);
    const both = await driver.plan('p2', [next], { release: true, changedFile: 'count-new' });
    expect(both.items).toMatchObject([{ outcome: 'in', takesOut: [] }]);
    await driver.plan('p3', [next], { release: true, changedFile: 'supersede' });
    expect(await told('p3')).toEqual(['k 1 → 10']);
    expect(await driver.applyPlan('p3', 'corrected by the emitter')).toMatchObject({ outcome: 'done', files: 1 });
    expect(await driver.totals()).toEqual({ k: '10/1' });
    expect(await driver.row(first)).toMatchObject({ state: 'superseded', inVersion: null });
    expect(await driver.ledger()).toEqual(['1 counted v1', '2 released v2', '3 superseded v1', '4 counted v2']);
    expect((await sink.readLedger({ pipeline: PIPELINE, afterNumber: 2, limit: 1 }))[0]!.reason).toBe(
      `superseded by ${next.fileId}: corrected by the emitter`,
    );
    expect(await driver.applyPlan('p2')).toMatchObject({ outcome: 'outdated' });
    expect(await verify()).toEqual([]);
  });

  test('two files of one content in a plan are judged beside each other', async () => {
    const { driver } = under();
    const copy = testFile('c', first.content);
    const plan = await driver.plan('p1', [first, copy]);
    expect(plan.items.map(({ outcome }) => outcome)).toEqual(['in', 'duplicate_content']);
    await driver.applyPlan('p1');
    expect(await driver.totals()).toEqual({ k: '1/1' });
    expect(await under().sink.readFile(copy.fileId)).toBeNull();
    const allowed = await driver.plan('p2', [copy], { duplicateContent: 'count' });
    expect(allowed.items).toMatchObject([{ outcome: 'in' }]);
    await driver.applyPlan('p2');
    expect(await driver.totals()).toEqual({ k: '2/2' });
    expect(await verify()).toEqual([]);
  });

  test('a plan that would make a total leave 64 bits is refused as a whole', async () => {
    const { driver } = under();
    await driver.take(testFile('big', countedContent([['k', 2n ** 63n - 2n]])));
    await driver.plan('p1', [first, second]);
    expect(await driver.applyPlan('p1')).toMatchObject({ outcome: 'overflow' });
    expect(await driver.totals()).toEqual({ k: '9223372036854775806/1' });
    expect(await under().sink.readFile(first.fileId)).toBeNull();
    expect(await driver.ledger()).toEqual(['1 counted v1']);
    expect(await verify()).toEqual([]);
  });
}
