import { DEFAULT_POLICIES } from '../../src/core/policies';
import { countedContent } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, testFile } from './sink-driver';
import { addToTotals } from './totals-change';

export function describeCorrecting(under: () => SinkUnderTest): void {
  const content = countedContent([
    ['a', 1n],
    ['b', 2n],
  ]);
  const file = testFile('f', content);
  const { fileId } = file;
  const verify = () => under().sink.verify({ pipeline: PIPELINE });

  test('retract takes a file out of the totals, once, and says so in the ledger', async () => {
    const { sink, driver } = under();
    await driver.take(file, testFile('other', countedContent([['a', 5n]])));
    expect(await driver.retract(fileId, 'billed by mistake')).toEqual({ outcome: 'done', version: 2 });
    expect(await driver.retract(fileId)).toEqual({ outcome: 'already' });
    expect(await driver.row(file)).toMatchObject({ state: 'out', inVersion: null, contentDigest: content.contentDigest });
    expect(await driver.totals()).toEqual({ a: '5/1' });
    const ledger = await sink.readLedger({ pipeline: PIPELINE, afterNumber: 2, limit: 10 });
    expect(ledger).toEqual([
      { number: 3, kind: 'retracted', fileId, version: 1, period: null, by: 'tester', reason: 'billed by mistake', atMs: driver.nowMs },
    ]);
    expect(await sink.readContribution({ fileId })).toEqual({ period: '', entries: [], next: null });
    expect((await driver.register(file)).known).toBe(1);
    expect(await verify()).toEqual([]);
  });

  test('a retracted file comes back by recount only, and is not a duplicate of itself', async () => {
    const { driver } = under();
    await driver.take(file);
    await driver.retract(fileId);
    expect(await driver.release(fileId)).toEqual({ outcome: 'refused' });
    expect(await driver.recount(fileId)).toEqual({ outcome: 'done', version: 3 });
    await driver.count(file);
    expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'in', version: 3 }]);
    expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
    expect(await verify()).toEqual([]);
  });

  test('a recount replaces the earlier count at the moment it is applied', async () => {
    const { sink, driver } = under();
    await driver.take(file);
    expect(await driver.recount(fileId)).toEqual({ outcome: 'done', version: 2 });
    expect(await driver.row(file)).toMatchObject({ state: 'seen', version: 2, inVersion: 1, plan: null });
    expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
    expect(await sink.putPartial({ fileId, version: 1, planDigest: content.planDigest, ...content.partials[0]!, nowMs: 5 })).toBe('fenced');
    // The plan differs now: the file is read with other splits and into another period.
    const again = testFile('f', countedContent(content.lines, { cutAt: 1, period: '2026-11' }));
    await driver.count(again);
    expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
    await driver.apply();
    expect(await driver.totals()).toEqual({ '2026-11a': '1/1', '2026-11b': '2/1' });
    expect(await driver.row(file)).toMatchObject({ state: 'in', version: 2, inVersion: 2 });
    expect(await verify()).toEqual([]);
  });

  test('a recount beside another generation that is in is not stuck', async () => {
    const { driver } = under();
    driver.policies = { ...DEFAULT_POLICIES, changedFile: 'count-new' };
    await driver.take(file);
    await driver.take(testFile('f', countedContent([['a', 9n]]), 'g2'));
    for (const changedFile of ['quarantine', 'supersede', 'count-new'] as const) {
      driver.policies = { ...DEFAULT_POLICIES, changedFile };
      await driver.recount(fileId);
      await driver.count(file);
      expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'in' }]);
      expect(await driver.totals()).toEqual({ a: '10/2', b: '2/1' });
    }
    expect(await verify()).toEqual([]);
  });

  test('a recount that fails leaves the earlier count in the totals', async () => {
    const { sink, driver } = under();
    await driver.take(file);
    await driver.recount(fileId);
    await driver.admit(file);
    await sink.quarantine({ fileId, version: 2, reason: 'vanished', detail: 'gone', nowMs: 5 });
    expect(await driver.row(file)).toMatchObject({ state: 'quarantined', inVersion: 1 });
    expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
    expect(await verify()).toEqual([]);
    expect(await driver.retract(fileId)).toMatchObject({ outcome: 'done' });
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
  });

  test('retract during a recount takes out what is in and fences the recount', async () => {
    const { driver } = under();
    await driver.take(file);
    await driver.recount(fileId);
    await driver.count(file);
    expect(await driver.retract(fileId)).toEqual({ outcome: 'done', version: 3 });
    expect((await driver.apply()).outcomes).toEqual([]);
    expect(await driver.totals()).toEqual({});
    expect(await verify()).toEqual([]);
  });

  test('corrections refuse what the state does not allow, and say what they do not know', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    expect(await driver.retract(fileId)).toEqual({ outcome: 'refused' });
    expect(await driver.recount(fileId)).toEqual({ outcome: 'refused' });
    expect(await driver.release(fileId)).toEqual({ outcome: 'refused' });
    for (const name of ['retract', 'recount', 'release'] as const)
      expect(await sink[name]({ fileId: 'none', version: 1, ...driver.by() })).toEqual({ outcome: 'unknown' });
    await sink.stop({ pipeline: PIPELINE, ...driver.by() });
    await expect(driver.retract(fileId)).rejects.toMatchObject({ code: 'pipeline_stopped' });
    expect(await driver.ledger()).toEqual(['1 stopped']);
  });

  test('release counts a file anew, but not one whose duplication must be decided', async () => {
    const { sink, driver } = under();
    const copy = testFile('copy', content);
    await driver.take(file);
    await driver.take(copy);
    expect(await driver.row(copy)).toMatchObject({ reason: 'duplicate_content' });
    expect(await driver.release(copy.fileId)).toEqual({ outcome: 'refused' });
    const changed = testFile('g', countedContent([['z', 1n]]));
    await driver.register(changed);
    await sink.quarantine({ fileId: changed.fileId, version: 1, reason: 'changed', detail: '', nowMs: 5 });
    expect(await driver.release(changed.fileId, 'looked at it')).toEqual({ outcome: 'done', version: 2 });
    expect((await sink.readLedger({ pipeline: PIPELINE, afterNumber: 1, limit: 9 }))[0]).toMatchObject({
      kind: 'released',
      version: 2,
      reason: 'looked at it',
    });
    await driver.count(changed);
    await driver.apply();
    expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1', z: '1/1' });
    expect(await verify()).toEqual([]);
  });

  describe('verify finds', () => {
    const damages: readonly [string, (under: SinkUnderTest) => Promise<void>, string][] = [
      [
        'a total that was changed',
        ({ store }) => store.transaction((transaction) => addToTotals(transaction, [{ key: Buffer.from('a'), sum: 8n, count: 0n }])),
        'totals_sum',
      ],
      [
        'a total that is gone',
        ({ store }) => store.transaction((transaction) => addToTotals(transaction, [{ key: Buffer.from('a'), sum: -1n, count: -1n }])),
        'totals_missing',
      ],
      [
        'a total that nobody contributed',
        ({ store }) => store.transaction((transaction) => addToTotals(transaction, [{ key: Buffer.from('x'), sum: 1n, count: 1n }])),
        'totals_sum',
      ],
      [
        'a gap in the ledger',
        ({ store }) =>
          store.transaction(async (transaction) =>
            transaction.pipelines.update({ ...(await transaction.pipelines.read(PIPELINE))!, ledgerSequence: 2 }),
          ),
        'ledger_sequence',
      ],
      [
        'a row that the ledger does not know',
        ({ store }) =>
          store.transaction(async (transaction) =>
            transaction.files.update([
              { ...(await transaction.files.read([fileId]))[0]!, version: 2, state: 'out', inVersion: null, inContentDigest: null },
            ]),
          ),
        'ledger_file',
      ],
      [
        'a partial that was left',
        ({ store }) =>
          store.transaction((transaction) =>
            transaction.blobs.insertPartial({
              fileId,
              version: 1,
              planDigest: 'p',
              splitIndex: 0,
              digest: 'd',
              blob: Uint8Array.of(1),
              entries: 0,
            }),
          ),
        'partials_collected',
      ],
      [
        'a receipt that does not add up',
        ({ store }) =>
          store.transaction(async (transaction) =>
            transaction.receipts.put([
              {
                fileId,
                version: 1,
                receipt: { ...(await transaction.receipts.latest(fileId))!.receipt, lines: 7 },
                partialDigests: '',
              },
            ]),
          ),
        'receipt_lines',
      ],
    ];

    test.each(damages)('%s', async (_, damage, check) => {
      await under().driver.take(file);
      expect(await verify()).toEqual([]);
      await damage(under());
      expect((await verify()).map((mismatch) => mismatch.check)).toContain(check);
    });
  });
}
