import { DEFAULT_POLICIES, type Policies } from '../../src/core/policies';
import { countedContent } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, SOURCE, testFile } from './sink-driver';
import { addToTotals } from './totals-change';

export function describeApplying(under: () => SinkUnderTest): void {
  const first = countedContent([
    ['a', 1n],
    ['b', 2n],
  ]);
  const longer = countedContent([
    ['a', 10n],
    ['c', 20n],
    ['a', 5n],
  ]);
  const policies = (change: Partial<Policies>): Policies => ({ ...DEFAULT_POLICIES, ...change });
  const verify = () => under().sink.verify({ pipeline: PIPELINE });

  test('an apply moves files into the totals, each with a ledger entry, a receipt and a contribution', async () => {
    const { sink, driver } = under();
    const empty = testFile('empty', countedContent([]));
    const rows = await driver.take(testFile('x', first), testFile('y', longer), empty);
    expect(rows.map(({ state, inVersion }) => [state, inVersion])).toEqual(Array.from({ length: 3 }, () => ['in', 1]));
    expect(await driver.totals()).toEqual({ a: '16/3', b: '2/1', c: '20/1' });
    expect(await driver.ledger()).toEqual(['1 counted v1', '2 counted v1', '3 counted v1']);
    expect(await sink.readReceipt(rows[1]!.fileId)).toMatchObject({
      bytes: longer.sizeBytes,
      lines: 3,
      records: 3,
      contentDigest: longer.contentDigest,
    });
    const contribution = await sink.readContribution({ fileId: rows[1]!.fileId });
    expect(contribution.next).toBeNull();
    expect(contribution.entries.map(({ key, sum }) => [Buffer.from(key).toString(), sum])).toEqual([
      ['a', 15n],
      ['c', 20n],
    ]);
    expect(await sink.readStatus({ pipeline: PIPELINE })).toMatchObject({
      recordsIn: 5,
      bytesIn: first.sizeBytes + longer.sizeBytes,
      leftOut: [],
    });
    expect(await driver.apply()).toEqual({ outcomes: [], ledgerSequence: 3, remaining: 0 });
    expect(await verify()).toEqual([]);
  });

  test('a transaction that throws leaves nothing behind, and the next one works', async () => {
    const { store, driver } = under();
    await driver.take(testFile('x', first));
    const before = [await driver.totals(), await driver.ledger()];
    const failing = store.transaction(async (transaction) => {
      await addToTotals(transaction, [{ key: Buffer.from('a'), sum: 7n, count: 7n }]);
      const rows = await transaction.files.generations(PIPELINE, [{ sourceId: SOURCE, sourceKey: 'x' }]);
      await transaction.files.update(rows.map((row) => ({ ...row, version: 9, inVersion: 9 })));
      await transaction.ledger.insert(PIPELINE, [
        { number: 2, kind: 'note', fileId: null, version: null, period: null, by: '', reason: '', atMs: 0 },
      ]);
      throw new Error('broken off');
    });
    await expect(failing).rejects.toThrow('broken off');
    expect([await driver.totals(), await driver.ledger()]).toEqual(before);
    expect(await verify()).toEqual([]);
    await driver.take(testFile('y', longer));
    expect(await driver.totals()).toEqual({ a: '16/3', b: '2/1', c: '20/1' });
  });

  test('what would be in the ledger twice is refused', async () => {
    const { store, driver } = under();
    const [row] = await driver.take(testFile('x', first));
    const entry = { kind: 'counted', fileId: row!.fileId, version: 1, period: null, by: '', reason: '', atMs: 0 } as const;
    const insert = (change: object) =>
      store.transaction((transaction) => transaction.ledger.insert(PIPELINE, [{ ...entry, number: 2, ...change }]));
    await expect(insert({})).rejects.toMatchObject({ code: 'invariant_violated' });
    await expect(insert({ kind: 'note', number: 1 })).rejects.toMatchObject({ code: 'invariant_violated' });
    expect(await driver.ledger()).toEqual(['1 counted v1']);
  });

  test('files are taken in fileId order', async () => {
    const { driver } = under();
    const files = Array.from({ length: 6 }, (_, index) => testFile(`f${index}`, countedContent([['k', BigInt(index)]])));
    await driver.register(...files);
    for (const file of files) await driver.count(file);
    const { outcomes } = await driver.apply();
    expect(outcomes.map(({ fileId }) => fileId)).toEqual(files.map(({ fileId }) => fileId).sort());
  });

  test('totals are read page by page in order of period and key bytes', async () => {
    const { sink, driver } = under();
    const keys = ['z', 'é', 'A', 'a', '\u{1f600}', 'aa'];
    await driver.take(
      testFile(
        'x',
        countedContent(
          keys.map((key) => [key, 1n]),
          { period: '2026-11' },
        ),
      ),
      testFile('y', countedContent([['a', 7n]], { period: '2026-10' })),
    );
    const read = [];
    for (let after; ;) {
      const page = await sink.readTotals({ pipeline: PIPELINE, ...(after && { after }), limit: 2 });
      expect(page.ledgerSequence).toBe(2);
      read.push(...page.rows.map(({ period, key }) => `${period} ${Buffer.from(key).toString()}`));
      after = page.rows[1];
      if (after === undefined) break;
    }
    expect(read).toEqual(['2026-10 a', ...['A', 'a', 'aa', 'z', 'é', '\u{1f600}'].map((key) => `2026-11 ${key}`)]);
    expect(await verify()).toEqual([]);
  });

  test('numbers beyond 2^53 stay exact, and a total reaches exactly 2^63-1', async () => {
    const { driver } = under();
    await driver.take(
      testFile(
        'x',
        countedContent([
          ['a', 2n ** 63n - 2n],
          ['b', 2n ** 53n + 1n],
          ['n', -(2n ** 63n)],
        ]),
      ),
      testFile('y', countedContent([['a', 1n]])),
    );
    expect(await driver.totals()).toEqual({ a: '9223372036854775807/2', b: '9007199254740993/1', n: '-9223372036854775808/1' });
    expect(await verify()).toEqual([]);
  });

  test('a file that would leave 64 bits is set aside and the others go in', async () => {
    const { driver } = under();
    const big = testFile(
      'big',
      countedContent([
        ['a', 2n ** 63n - 1n],
        ['a', 1n],
      ]),
    );
    const fits = testFile('fits', countedContent([['a', 2n ** 63n - 1n]]));
    const [tooBig] = await driver.take(big, fits);
    expect(tooBig).toMatchObject({ state: 'quarantined', reason: 'sum_overflow' });
    const [beyond, beside] = await driver.take(
      testFile(
        'beyond',
        countedContent([
          ['a', 1n],
          ['z', 1n],
        ]),
      ),
      testFile('beside', countedContent([['b', 1n]])),
    );
    expect(beyond).toMatchObject({ state: 'quarantined', reason: 'total_overflow' });
    expect(beside).toMatchObject({ state: 'in' });
    expect(await driver.totals()).toEqual({ a: '9223372036854775807/1', b: '1/1' });
    expect(await verify()).toEqual([]);
  });

  test('a stopped pipeline applies nothing until it is resumed; both are in the ledger', async () => {
    const { sink, driver } = under();
    const file = testFile('x', first);
    await driver.register(file);
    await driver.count(file);
    await sink.stop({ pipeline: PIPELINE, ...driver.by('ledger and totals differ') });
    await sink.stop({ pipeline: PIPELINE, ...driver.by('again') });
    await expect(driver.apply()).rejects.toMatchObject({ code: 'pipeline_stopped' });
    expect(await sink.readPipeline(PIPELINE)).toMatchObject({ stopReason: 'ledger and totals differ', stoppedAtMs: driver.nowMs });
    await sink.resume({ pipeline: PIPELINE, ...driver.by('repaired') });
    await sink.resume({ pipeline: PIPELINE, ...driver.by('again') });
    expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'in' }]);
    expect(await driver.ledger()).toEqual(['1 stopped', '2 resumed', '3 counted v1']);
    expect(await verify()).toEqual([]);
  });

  describe('what the apply reads back', () => {
    const file = testFile('x', first);

    test('a missing partial sends the file back to counting, and aside the third time', async () => {
      const { store, driver } = under();
      await driver.register(file);
      for (const expected of ['counting', 'counting', 'quarantined']) {
        await driver.count(file);
        await store.transaction((transaction) => transaction.blobs.removePartials({ fileId: file.fileId, version: 1 }, [1]));
        expect((await driver.apply()).outcomes).toMatchObject([{ outcome: expected }]);
        expect(await driver.row(file)).toMatchObject({ state: expected });
      }
      expect(await driver.row(file)).toMatchObject({ reason: 'partial_missing' });
      expect(await driver.totals()).toEqual({});
      expect(await verify()).toEqual([]);
    });

    test('a damaged partial is thrown away and counted again', async () => {
      const { sink, store, driver } = under();
      await driver.register(file);
      await driver.count(file);
      const version = { fileId: file.fileId, version: 1 };
      const { planDigest } = first;
      await store.transaction(async (transaction) => {
        await transaction.blobs.removePartials(version, [0]);
        await transaction.blobs.insertPartial({
          ...version,
          planDigest,
          splitIndex: 0,
          digest: first.partials[0]!.digest,
          blob: longer.partials[0]!.blob,
          entries: 1,
        });
      });
      expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'counting' }]);
      expect(await sink.storedSplits({ ...version, planDigest })).toEqual([1]);
      await driver.count(file);
      expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'in' }]);
      expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
      expect(await verify()).toEqual([]);
    });

    test('partials that contradict each other are never published, found when it is marked or applied', async () => {
      const { sink, driver } = under();
      await driver.register(file);
      await driver.admit(file);
      const target = { fileId: file.fileId, version: 1, planDigest: first.planDigest, nowMs: 5 };
      for (let times = 1; times <= 3; times += 1) {
        const { blob, digest } = longer.partials[1]!;
        await sink.putPartial({ ...target, ...first.partials[0]! });
        await sink.putPartial({ ...target, splitIndex: 1, blob, digest });
        expect(await driver.markCounted(file)).toMatchObject(
          times < 3 ? { outcome: 'incomplete', missingSplits: [0, 1] } : { outcome: 'quarantined', reason: 'partial_missing' },
        );
      }
      expect(await verify()).toEqual([]);
    });
  });

  describe('a new generation of a file', () => {
    const old = testFile('f', first, 'g1');
    const next = testFile('f', longer, 'g2');
    const sameSize = testFile(
      'f',
      countedContent([
        ['a', 7n],
        ['b', 8n],
      ]),
      'g2',
    );

    test('is set aside by default: at once when its size differs, else when it is applied', async () => {
      const { driver } = under();
      await driver.take(old);
      await driver.register(next);
      expect(await driver.admit(next)).toMatchObject({ outcome: 'settled', row: { state: 'quarantined', reason: 'new_generation' } });
      const [judged] = await driver.take(sameSize);
      expect(judged).toMatchObject({ state: 'quarantined', reason: 'new_generation' });
      expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
      expect(await verify()).toEqual([]);
    });

    test('waits behind an earlier one on its way, whichever is counted first', async () => {
      const { driver } = under();
      await driver.register(old, sameSize);
      await driver.admit(old);
      await driver.count(sameSize);
      await driver.apply();
      expect(await driver.row(sameSize)).toMatchObject({ state: 'quarantined', reason: 'new_generation' });
      await driver.count(old);
      await driver.apply();
      expect(await driver.row(old)).toMatchObject({ state: 'in' });
      expect(await verify()).toEqual([]);
    });

    test.each(['quarantine', 'supersede', 'count-new'] as const)(
      'with the same content is an alias under %s, and counts once',
      async (changedFile) => {
        const { sink, driver } = under();
        driver.policies = policies({ changedFile });
        const touched = testFile('f', first, 'g2');
        const rows = await driver.take(old, touched);
        expect(rows.map(({ state }) => state).sort()).toEqual(['alias', 'in']);
        expect(await driver.totals()).toEqual({ a: '1/1', b: '2/1' });
        expect(await sink.readReceipt(rows.find(({ state }) => state === 'alias')!.fileId)).toMatchObject({
          contentDigest: first.contentDigest,
        });
        expect(await verify()).toEqual([]);
      },
    );

    test('supersede takes the earlier one out and puts the new one in, in one apply', async () => {
      const { driver } = under();
      driver.policies = policies({ changedFile: 'supersede' });
      await driver.take(old);
      const [row] = await driver.take(next);
      expect(row).toMatchObject({ state: 'in' });
      expect(await driver.row(old)).toMatchObject({ state: 'superseded', version: 2, inVersion: null });
      expect(await driver.totals()).toEqual({ a: '15/2', c: '20/1' });
      expect((await driver.ledger()).sort()).toEqual(['1 counted v1', '2 superseded v1', '3 counted v1']);
      expect(await verify()).toEqual([]);
    });

    test('supersede works within one batch, in either order of fileIds', async () => {
      const { driver } = under();
      driver.policies = policies({ changedFile: 'supersede' });
      for (let index = 0; index < 6; index += 1) {
        const earlier = testFile(`p${index}`, countedContent([['a', BigInt(index + 500)]]), 'g1');
        const [, later] = await driver.take(
          earlier,
          testFile(
            `p${index}`,
            countedContent([
              ['a', BigInt(index + 5)],
              ['b', 2n],
            ]),
            'g2',
          ),
        );
        expect(later).toMatchObject({ state: 'in' });
        expect(await driver.row(earlier)).toMatchObject({ state: 'superseded', inVersion: null });
        expect(await verify()).toEqual([]);
      }
    });

    test('supersede: the earlier one that comes late is overtaken', async () => {
      const { driver } = under();
      driver.policies = policies({ changedFile: 'supersede' });
      await driver.register(old);
      await driver.take(next);
      await driver.count(old);
      expect((await driver.apply()).outcomes).toMatchObject([{ outcome: 'superseded' }]);
      expect(await driver.totals()).toEqual({ a: '15/2', c: '20/1' });
      expect(await verify()).toEqual([]);
    });

    test('supersede takes out a generation that is being recounted', async () => {
      const { driver } = under();
      driver.policies = policies({ changedFile: 'supersede' });
      await driver.take(old);
      await driver.recount(old.fileId);
      await driver.count(old);
      await driver.register(next);
      await driver.count(next);
      await driver.apply();
      await driver.apply();
      expect(await driver.row(old)).toMatchObject({ state: 'superseded', inVersion: null });
      expect(await driver.totals()).toEqual({ a: '15/2', c: '20/1' });
      expect(await verify()).toEqual([]);
    });

    test('count-new counts both', async () => {
      const { driver } = under();
      driver.policies = policies({ changedFile: 'count-new' });
      await driver.take(old);
      await driver.take(next);
      expect(await driver.totals()).toEqual({ a: '16/3', b: '2/1', c: '20/1' });
      expect(await verify()).toEqual([]);
    });
  });

  describe('content that is there already', () => {
    test('under another sourceKey is set aside, also within one batch, unless the policy counts it', async () => {
      const { driver } = under();
      const rows = await driver.take(testFile('x', first), testFile('y', first));
      expect(rows.map(({ state, reason }) => reason ?? state).sort()).toEqual(['duplicate_content', 'in']);
      driver.policies = policies({ duplicateContent: 'count' });
      await driver.take(testFile('z', first));
      expect(await driver.totals()).toEqual({ a: '2/2', b: '4/2' });
      expect(await verify()).toEqual([]);
    });

    test('without accepted records counts, because it cannot bill twice', async () => {
      const { driver } = under();
      const rows = await driver.take(testFile('x', countedContent([])), testFile('y', countedContent([])));
      expect(rows.map(({ state }) => state)).toEqual(['in', 'in']);
      expect(await verify()).toEqual([]);
    });

    test('that was taken out of the totals does not come back as another generation of its file', async () => {
      const { driver } = under();
      const file = testFile('f', first);
      await driver.take(file);
      await driver.retract(file.fileId);
      const [again] = await driver.take(testFile('f', first, 'g2'));
      expect(again).toMatchObject({ state: 'quarantined', reason: 'duplicate_content' });
      expect(await driver.totals()).toEqual({});
      expect(await verify()).toEqual([]);
    });
  });
}
