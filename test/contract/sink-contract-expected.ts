/** Manifests, the files that they announce, and sources that should not fall silent. */
import type { ControlTotals } from '../../src/core/control-totals';
import { EXPECTED_NAMED_MAX } from '../../src/core/limits';
import type { ManifestFile } from '../../src/core/manifest';
import { countedContent } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, SOURCE, testFile, type SinkDriver } from './sink-driver';

const MANIFEST = 'batch.json';
const AT = { pipeline: PIPELINE, sourceId: SOURCE, manifestKey: MANIFEST };
const content = countedContent([
  ['a', 5n],
  ['b', 7n],
]);
const right: ControlTotals = {
  bytes: content.sizeBytes,
  lines: 2,
  records: 2,
  sum: '12',
  contentDigest: content.contentDigest,
};

/** Stores a manifest as the scan does. */
async function announce(
  driver: SinkDriver,
  files: Readonly<Record<string, ControlTotals>>,
  { generation = 'm1', manifestKey = MANIFEST, dueMs = driver.nowMs + 1_000, isBatch = true } = {},
) {
  const listed: ManifestFile[] = Object.entries(files).map(([sourceKey, control]) => ({ sourceKey, control }));
  return await driver.sink.putManifest({ ...AT, manifestKey, generation, isBatch, files: listed, dueMs, nowMs: driver.nowMs });
}

async function look(
  driver: SinkDriver,
  names: readonly string[],
  isRequired: boolean,
  manifest?: { sourceKey: string; generation: string },
) {
  const files = names.map((name) => ({ ...driver.seen(testFile(name, content)), ...(manifest && { manifest }) }));
  const common = { pipeline: PIPELINE, sourceId: SOURCE, nowMs: driver.nowMs, quietPeriodMs: 1_000, requireMarkedDone: false };
  return await driver.sink.registerPage({ ...common, files, manifests: { isRequired } });
}

function planRequest({ nowMs, policies, pipeline }: SinkDriver) {
  return { planId: 'p1', pipeline, description: 'a test', allowances: {}, policies, nowMs, expiresMs: nowMs + 1_000 };
}

export function describeExpecting(under: () => SinkUnderTest): void {
  const status = (nowMs: number) => under().sink.readExpected({ pipeline: PIPELINE, nowMs });
  const judge = (fileIds: readonly string[], more: { generation?: string; isLast?: boolean } = {}) =>
    under().sink.judgeManifest({ ...AT, generation: 'm1', isLast: true, nowMs: under().driver.nowMs, fileIds, ...more });
  const stateOf = async () => (await under().sink.readManifests({ ...AT, manifestKeys: [MANIFEST, 'unknown'] })).map(({ state }) => state);

  describe('a file that a manifest speaks of', () => {
    test('goes into the totals when it is what the manifest says', async () => {
      const { driver, sink } = under();
      const file = testFile('f', content);
      await announce(driver, { f: right });
      expect((await driver.take(file))[0]).toMatchObject({ state: 'in' });
      expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
    });

    test.each([
      [{ bytes: content.sizeBytes + 1 }, `bytes: expected ${content.sizeBytes + 1}, found ${content.sizeBytes}`],
      [{ lines: 3 }, 'lines: expected 3, found 2'],
      [{ records: 1 }, 'records: expected 1, found 2'],
      [{ sum: '13' }, 'sum: expected 13, found 12'],
      [{ contentDigest: '0'.repeat(64) }, 'contentDigest: expected 0000'],
    ])('is set aside when it is not: %j', async (wrong, detail) => {
      const { driver, sink } = under();
      const file = testFile('f', content);
      await announce(driver, { f: { ...right, ...wrong } });
      await driver.register(file);
      expect(await driver.count(file)).toMatchObject({ outcome: 'quarantined', reason: 'control_mismatch' });
      const row = await driver.row(file);
      expect(row.detail).toContain(detail);
      expect(row.detail).toContain('(manifest batch.json)');
      await driver.apply();
      expect(await driver.totals()).toEqual({});
      // The accounting of what was found is kept, to find out who is wrong.
      expect(await sink.readReceipt(file.fileId)).toMatchObject({ lines: 2 });
      expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
    });

    test('that was set aside counts once the manifest is corrected and it is released', async () => {
      const { driver, sink } = under();
      const file = testFile('f', content);
      await announce(driver, { f: { sum: '13' } });
      await driver.take(file);
      await announce(driver, { f: { sum: '12' } }, { generation: 'm2' });
      await sink.release({ fileId: file.fileId, version: 1, ...driver.by() });
      await driver.count(file);
      await driver.apply();
      expect(await driver.row(file)).toMatchObject({ state: 'in', version: 2 });
    });

    test('is set aside by a manifest that comes after it was counted and before it is applied', async () => {
      const { driver } = under();
      const wrong = testFile('w', content);
      const fine = testFile('f', content);
      const counting = testFile('c', content);
      await driver.register(wrong, fine, counting);
      await driver.count(wrong);
      await driver.count(fine);
      await driver.admit(counting);
      await driver.putPartials(counting);
      expect(await announce(driver, { w: { sum: '1' }, f: right, c: { sum: '2' } })).toEqual({ quarantined: 1, late: [] });
      expect(await driver.row(wrong)).toMatchObject({ state: 'quarantined', reason: 'control_mismatch' });
      expect(await driver.markCounted(counting)).toMatchObject({ outcome: 'quarantined', reason: 'control_mismatch' });
      await driver.apply();
      expect(await driver.row(fine)).toMatchObject({ state: 'in' });
      expect(await driver.totals()).toEqual({ a: '5/1', b: '7/1' });
    });

    test('is not applied, however its count and the manifest that disproves it fall together', async () => {
      const { driver, sink } = under();
      const files = Array.from({ length: 40 }, (_, index) => testFile(`f${index}`, countedContent([['k', BigInt(index)]])));
      await driver.register(...files);
      const wrong = Object.fromEntries(files.map(({ sourceKey }) => [sourceKey, { sum: '-1' }]));
      const counts = files.map((file) => driver.count(file));
      await Promise.race(counts);
      await Promise.all([announce(driver, wrong), ...counts]);
      await driver.apply();
      const rows = await Promise.all(files.map((file) => driver.row(file)));
      expect(new Set(rows.map(({ reason }) => reason))).toEqual(new Set(['control_mismatch']));
      expect(await driver.totals()).toEqual({});
      expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
    });

    test('is judged by the manifest that was read last, and by none that speaks of it no more', async () => {
      const { driver } = under();
      await announce(driver, { f: { sum: '1' }, g: { sum: '1' } });
      await announce(driver, { f: right }, { manifestKey: 'other.json' });
      await announce(driver, { f: right }, { generation: 'm2' });
      const rows = await driver.take(testFile('f', content), testFile('g', countedContent([['c', 1n]])));
      expect(rows.map(({ state }) => state)).toEqual(['in', 'in']);
    });

    test('is judged within a plan too, and again when that is applied', async () => {
      const { driver, sink } = under();
      const [wrong, fine] = [testFile('w', content), testFile('f', countedContent([['c', 1n]]))];
      await announce(driver, { w: { sum: '13' }, f: { sum: '1' } });
      const plan = await driver.plan('p1', [wrong, fine]);
      expect(plan.items.map(({ sourceKey, action, outcome }) => `${sourceKey} ${action} ${outcome}`)).toEqual([
        'w none control_mismatch',
        'f count in',
      ]);
      await announce(driver, { f: { sum: '2' } }, { generation: 'm2' });
      expect(await driver.applyPlan('p1')).toMatchObject({
        outcome: 'outdated',
        fact: expect.stringContaining('none → control_mismatch') as string,
      });
      await announce(driver, { f: { sum: '1' } }, { generation: 'm3' });
      await driver.plan('p2', [fine]);
      expect((await status(driver.nowMs + 9_000)).overdueFiles).toBe(1);
      expect(await driver.applyPlan('p2')).toMatchObject({ outcome: 'done', files: 1 });
      // A file that a plan brought in came.
      expect((await status(driver.nowMs + 9_000)).overdueFiles).toBe(0);
      expect(await driver.totals()).toEqual({ c: '1/1' });
      expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
    });

    test('that a manifest holds back is held back from a plan too', async () => {
      const { driver } = under();
      await announce(driver, { f: right });
      const { shadow } = await driver.sink.createPlan(planRequest(driver));
      const files = ['f', 'g'].map((name) => driver.seen(testFile(name, content, 'g1', shadow)));
      const common = { sourceId: SOURCE, nowMs: driver.nowMs, quietPeriodMs: 1_000, requireMarkedDone: false };
      const registered = await driver.sink.registerPage({ pipeline: shadow, files, ...common, manifests: { isRequired: true } });
      expect(registered).toMatchObject({ registered: 1, unsettled: 1 });
    });

    test('of another source is another file', async () => {
      const { driver, sink } = under();
      const files = [{ sourceKey: 'f', control: { sum: '1' } }];
      await sink.putManifest({ ...AT, sourceId: 'else', generation: 'm1', isBatch: true, files, dueMs: 1, nowMs: driver.nowMs });
      expect((await driver.take(testFile('f', content)))[0]).toMatchObject({ state: 'in' });
    });
  });

  describe('a manifest that comes after the file is in', () => {
    test('says which generations it may mean', async () => {
      const { driver } = under();
      const again = testFile('f', content, 'g2');
      const [first] = await driver.take(testFile('f', content));
      await driver.take(again, testFile('other', countedContent([['z', 1n]])));
      const { late, quarantined } = await announce(driver, { f: right, absent: right });
      expect({ late, quarantined }).toEqual({
        quarantined: 0,
        late: [{ sourceKey: 'f', files: [{ fileId: first!.fileId, generations: ['g1', 'g2'], isLatest: true }] }],
      });
    });

    test('makes a note in the ledger when the file is not what it says, once, and takes nothing out', async () => {
      const { driver, sink } = under();
      const [row] = await driver.take(testFile('f', content));
      await announce(driver, { f: { sum: '13', lines: 2 } });
      const mismatch = { fileId: row!.fileId, sourceKey: 'f', detail: 'sum: expected 13, found 12 (manifest batch.json)' };
      expect(await judge([row!.fileId], { isLast: false })).toEqual([mismatch]);
      expect(await stateOf()).toEqual(['stored']);
      expect(await judge([row!.fileId])).toEqual([mismatch]);
      expect(await stateOf()).toEqual(['judged']);
      expect(await driver.ledger()).toEqual(['1 counted v1', '2 note v1']);
      const entries = await sink.readLedger({ pipeline: PIPELINE, afterNumber: 1, limit: 10 });
      expect(entries[0]).toMatchObject({ by: 'manifest', reason: `control_mismatch: ${mismatch.detail}` });
      expect(await driver.row(testFile('f', content))).toMatchObject({ state: 'in', version: 1 });
      expect(await driver.totals()).toEqual({ a: '5/1', b: '7/1' });
      expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
    });

    test('notes nothing when the file is what it says, or is out by now', async () => {
      const { driver, sink } = under();
      const [fine, gone] = await driver.take(testFile('f', content), testFile('g', countedContent([['c', 1n]])));
      await announce(driver, { f: right, g: { sum: '99' } });
      await sink.retract({ fileId: gone!.fileId, version: 1, ...driver.by() });
      expect(await judge([fine!.fileId, gone!.fileId, 'unknown'])).toEqual([]);
      expect(await driver.ledger()).toEqual(['1 counted v1', '2 counted v1', '3 retracted v1']);
    });

    test('is not judged by a manifest in whose place another speaks of it', async () => {
      const { driver } = under();
      const [row] = await driver.take(testFile('f', content));
      await announce(driver, { f: { sum: '13' } });
      await announce(driver, { f: { sum: '14' } }, { manifestKey: 'other.json' });
      expect(await judge([row!.fileId])).toEqual([]);
      expect(await driver.ledger()).toEqual(['1 counted v1']);
    });

    test('judges nothing any more when another generation of it was read, or it is malformed', async () => {
      const { driver, sink } = under();
      const [row] = await driver.take(testFile('f', content));
      await announce(driver, { f: { sum: '13' } });
      expect(await judge([row!.fileId], { generation: 'm0' })).toEqual([]);
      expect(await stateOf()).toEqual(['stored']);
      await sink.putMalformedManifest({ ...AT, generation: 'm1', isBatch: true, fault: 'x', nowMs: driver.nowMs });
      expect(await judge([row!.fileId])).toEqual([]);
      expect(await stateOf()).toEqual(['malformed']);
    });
  });

  describe('a file waits', () => {
    test('where a manifest is required, until one speaks of it', async () => {
      const { driver, sink } = under();
      expect(await look(driver, ['f', 'g'], true)).toMatchObject({ registered: 0, unsettled: 2 });
      await announce(driver, { f: right });
      expect(await look(driver, ['f', 'g'], true)).toMatchObject({ registered: 1, unsettled: 1 });
      expect((await sink.readStatus({ pipeline: PIPELINE })).leftOut).toMatchObject([{ state: 'seen' }, { state: 'unsettled', files: 1 }]);
      expect(await look(driver, ['f', 'g'], false)).toMatchObject({ registered: 1, known: 1 });
    });

    test('for the manifest beside it, as the source shows it now', async () => {
      const { driver, sink } = under();
      const beside = { sourceKey: 'f.json', generation: 'm2' };
      const fault = { ...AT, manifestKey: 'f.json', generation: 'm2', isBatch: false, fault: 'is no JSON', nowMs: driver.nowMs };
      expect(await look(driver, ['f'], false, beside)).toMatchObject({ registered: 0, unsettled: 1 });
      await announce(driver, { f: right }, { manifestKey: 'f.json', generation: 'm1', isBatch: false });
      expect(await look(driver, ['f'], false, beside)).toMatchObject({ registered: 0, unsettled: 1 });
      await sink.putMalformedManifest(fault);
      expect(await look(driver, ['f'], false, beside)).toMatchObject({ registered: 0, unsettled: 1 });
      await announce(driver, { f: right }, { manifestKey: 'f.json', generation: 'm2', isBatch: false });
      expect(await look(driver, ['f'], false, beside)).toMatchObject({ registered: 1 });
    });

    test('while a batch manifest of its source is malformed, until that is corrected or gone', async () => {
      const { driver, sink } = under();
      const fault = { ...AT, generation: 'm1', isBatch: true, fault: 'is no JSON' };
      await sink.putMalformedManifest({ ...fault, nowMs: 10 });
      await sink.putMalformedManifest({ ...fault, sourceId: 'else', nowMs: 10 });
      expect(await look(driver, ['f'], false)).toMatchObject({ registered: 0, unsettled: 1 });
      expect((await status(20)).malformedManifests).toEqual([
        { sourceId: 'else', manifestKey: MANIFEST, fault: 'is no JSON', readMs: 10 },
        { sourceId: SOURCE, manifestKey: MANIFEST, fault: 'is no JSON', readMs: 10 },
      ]);
      expect(await sink.forgetManifests({ pipeline: PIPELINE, sourceId: SOURCE, beforeMs: 10 })).toBe(0);
      expect(await sink.forgetManifests({ pipeline: PIPELINE, sourceId: SOURCE, beforeMs: 11 })).toBe(1);
      expect(await look(driver, ['f'], false)).toMatchObject({ registered: 1 });
      await announce(driver, {});
      expect(await sink.forgetManifests({ pipeline: PIPELINE, sourceId: SOURCE, beforeMs: driver.nowMs + 1 })).toBe(0);
      // With nothing that was in before, it is judged as soon as it is stored.
      expect(await stateOf()).toEqual(['judged']);
    });
  });

  describe('what did not come', () => {
    test('is overdue once its time is over, by what was due first, and no more when it comes', async () => {
      const { driver } = under();
      const files = Object.fromEntries(['f', 'g', 'h'].map((name) => [name, {}]));
      await announce(driver, files, { dueMs: 2_000 });
      await announce(driver, { early: right }, { manifestKey: 'early.json', dueMs: 1_000 });
      expect(await status(1_000)).toEqual({ overdueFiles: 0, overdue: [], silentSources: [], malformedManifests: [] });
      await look(driver, ['g'], false);
      const { overdueFiles, overdue } = await status(2_001);
      expect(overdueFiles).toBe(3);
      expect(overdue.map(({ sourceKey, manifestKey, dueMs }) => [sourceKey, manifestKey, dueMs])).toEqual([
        ['early', 'early.json', 1_000],
        ['f', MANIFEST, 2_000],
        ['h', MANIFEST, 2_000],
      ]);
      await look(driver, ['f', 'early'], false);
      await announce(driver, { f: {}, g: {} }, { generation: 'm2' });
      expect((await status(9_000)).overdueFiles).toBe(0);
    });

    test('that is announced again is due when it first was; what came is not expected again', async () => {
      const { driver } = under();
      await driver.register(testFile('old', content));
      await announce(driver, { f: {}, old: {} }, { dueMs: 2_000 });
      await announce(driver, { f: { sum: '1' }, old: {} }, { dueMs: 8_000, generation: 'm2' });
      expect((await status(3_000)).overdue).toMatchObject([{ sourceKey: 'f', dueMs: 2_000 }]);
    });

    test('came when a generation of it was first taken up, whatever comes later', async () => {
      const { driver, store } = under();
      await announce(driver, { f: {} });
      const came = async () =>
        (await store.snapshot((transaction) => transaction.expected.read(PIPELINE, SOURCE, ['f', 'f', 'x'])))[0]?.cameMs;
      expect(await came()).toBeNull();
      const firstMs = driver.nowMs;
      await driver.register(testFile('f', content));
      driver.nowMs += 5_000;
      await driver.register(testFile('f', content, 'g2'));
      expect(await came()).toBe(firstMs);
    });

    test('is counted all, and named up to a bound', async () => {
      const { driver } = under();
      const files = Object.fromEntries(Array.from({ length: EXPECTED_NAMED_MAX + 5 }, (_, index) => [`f${100 + index}`, {}]));
      await announce(driver, files, { dueMs: 1 });
      const { overdueFiles, overdue } = await status(2);
      expect([overdueFiles, overdue.length, overdue[0]?.sourceKey]).toEqual([EXPECTED_NAMED_MAX + 5, EXPECTED_NAMED_MAX, 'f100']);
    });

    test('a source is silent from its last new file on, or from the first look; also when it is expected otherwise', async () => {
      const { driver, sink } = under();
      const expectEvery = (everyMs: number | null, nowMs: number, sourceId = SOURCE) =>
        sink.expectArrivals({ pipeline: PIPELINE, sourceId, everyMs, nowMs });
      await expectEvery(1_000, 5_000);
      await expectEvery(100_000_000, 5_000, 'else');
      expect((await status(6_000)).silentSources).toEqual([]);
      expect((await status(6_001)).silentSources).toEqual([{ sourceId: SOURCE, sinceMs: 5_000, everyMs: 1_000 }]);
      await expectEvery(2_000, 6_500);
      expect((await status(6_501)).silentSources).toEqual([]);
      expect((await status(7_001)).silentSources).toEqual([{ sourceId: SOURCE, sinceMs: 5_000, everyMs: 2_000 }]);
      await driver.register(testFile('f', content));
      expect((await status(driver.nowMs + 2_000)).silentSources).toEqual([]);
      await driver.register(testFile('f', content));
      expect((await status(driver.nowMs + 2_001)).silentSources).toMatchObject([{ sinceMs: driver.nowMs }]);
      await expectEvery(null, 9_000);
      expect((await status(driver.nowMs + 9_000)).silentSources).toEqual([]);
    });

    test('of a pipeline that nobody set up is an error', async () => {
      const { sink } = under();
      const files: readonly ManifestFile[] = [];
      const put = sink.putManifest({ ...AT, pipeline: 'unknown', generation: 'm', isBatch: true, files, dueMs: 1, nowMs: 1 });
      await expect(put).rejects.toMatchObject({ code: 'config_invalid' });
    });
  });
}
