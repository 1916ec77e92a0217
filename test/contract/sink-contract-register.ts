import { DEFAULT_POLICIES } from '../../src/core/policies';
import { countedContent } from '../helpers/counted-content';
import { MEANING, PIPELINE, SinkDriver, SOURCE, testFile } from './sink-driver';
import type { SinkUnderTest } from './sink-contract';

const NONE = { path_too_long: 0, generation_returned: 0 };

export function describeRegistering(under: () => SinkUnderTest): void {
  const small = countedContent([['a', 1n]]);

  const corrected = { ...MEANING, meaning: '{"keyFields":[2]}', scale: 2, unit: 'EUR' };

  test('a pipeline keeps its meaning and refuses another as soon as a file was taken up', async () => {
    const { sink, driver } = under();
    await driver.register(testFile('a', small));
    const again = await sink.ensurePipeline(MEANING);
    expect(again).toMatchObject({ pipeline: PIPELINE, ledgerSequence: 0, stopReason: null });
    expect((await sink.readPipeline(PIPELINE))?.ledgerId).toBe(again.ledgerId);
    for (const other of [{ scale: 2 }, { unit: 'EUR' }, { meaning: corrected.meaning }])
      await expect(sink.ensurePipeline({ ...MEANING, ...other })).rejects.toMatchObject({ code: 'pipeline_differs' });
    expect(await sink.readPipeline(PIPELINE)).toMatchObject(MEANING);
    expect(await sink.readPipeline('another')).toBeNull();
  });

  test('the meaning of a pipeline may be corrected while no file was taken up and its ledger is empty', async () => {
    const { sink, driver } = under();
    const before = await sink.readPipeline(PIPELINE);
    expect(await sink.ensurePipeline(corrected)).toEqual({ ...before, ...corrected });
    expect(await sink.readPipeline(PIPELINE)).toEqual({ ...before, ...corrected });
    await sink.stop({ pipeline: PIPELINE, ...driver.by() });
    await expect(sink.ensurePipeline(MEANING)).rejects.toMatchObject({ code: 'pipeline_differs' });
  });

  test('a settled file is registered once, in the order of first sight', async () => {
    const { sink, driver } = under();
    const files = ['b', 'a', 'c'].map((key) => testFile(key, small));
    expect(await driver.register(...files)).toEqual({ registered: 3, unsettled: 0, known: 0, quarantined: NONE });
    expect(await driver.register(...files)).toEqual({ registered: 0, unsettled: 0, known: 3, quarantined: NONE });
    const rows = await sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 10 });
    expect(rows.map(({ sourceKey }) => sourceKey)).toEqual(['b', 'a', 'c']);
    expect(rows[0]).toMatchObject({
      version: 1,
      state: 'seen',
      inVersion: null,
      sizeBytes: small.sizeBytes,
      firstSeenMs: driver.nowMs,
      plan: null,
    });
  });

  test('a file that changes between looks stays unsettled; the same generation at two looks is settled', async () => {
    const { sink, driver } = under();
    const look = async (generation: string) => {
      const seen = { ...driver.seen(testFile('grows', small, generation)), modifiedAtMs: driver.nowMs + 999_999 };
      return await sink.registerPage({
        pipeline: PIPELINE,
        sourceId: SOURCE,
        files: [seen],
        nowMs: driver.nowMs,
        quietPeriodMs: 1000,
        requireMarkedDone: false,
      });
    };
    expect(await look('g1')).toMatchObject({ registered: 0, unsettled: 1 });
    driver.nowMs += 1000;
    expect(await look('g2')).toMatchObject({ registered: 0, unsettled: 1 });
    driver.nowMs += 999;
    expect(await look('g2')).toMatchObject({ registered: 0, unsettled: 1 });
    expect((await sink.readStatus({ pipeline: PIPELINE })).leftOut).toMatchObject([
      { state: 'unsettled', files: 1, bytes: small.sizeBytes },
    ]);
    driver.nowMs += 1;
    expect(await look('g2')).toMatchObject({ registered: 1, unsettled: 0 });
    expect((await sink.readStatus({ pipeline: PIPELINE })).leftOut).toMatchObject([{ state: 'seen', files: 1 }]);
  });

  test('with requireMarkedDone only a marked file is settled', async () => {
    const { sink, driver } = under();
    const page = (isMarkedDone: boolean) => ({
      ...{ pipeline: PIPELINE, sourceId: SOURCE, nowMs: driver.nowMs, quietPeriodMs: 0, requireMarkedDone: true },
      files: [{ ...driver.seen(testFile('marked', small)), isMarkedDone }],
    });
    expect(await sink.registerPage(page(false))).toMatchObject({ registered: 0, unsettled: 1 });
    expect(await sink.registerPage(page(true))).toMatchObject({ registered: 1, unsettled: 0 });
  });

  test('unsettled files that no scan saw again are forgotten', async () => {
    const { sink, driver } = under();
    const seen = { ...driver.seen(testFile('gone', small)), modifiedAtMs: driver.nowMs };
    await sink.registerPage({
      pipeline: PIPELINE,
      sourceId: SOURCE,
      files: [seen],
      nowMs: driver.nowMs,
      quietPeriodMs: 1000,
      requireMarkedDone: false,
    });
    expect(await sink.forgetUnsettled({ pipeline: PIPELINE, sourceId: SOURCE, beforeMs: driver.nowMs })).toBe(0);
    expect(await sink.forgetUnsettled({ pipeline: PIPELINE, sourceId: SOURCE, beforeMs: driver.nowMs + 1 })).toBe(1);
    expect((await sink.readStatus({ pipeline: PIPELINE })).leftOut).toEqual([]);
  });

  test('a sourceKey that is too long is set aside under its digest', async () => {
    const { sink, driver } = under();
    const fits = testFile('x'.repeat(1024), small);
    const long = testFile('é'.repeat(512) + 'x', small);
    expect(await driver.register(fits, long)).toEqual({
      registered: 1,
      unsettled: 0,
      known: 0,
      quarantined: { ...NONE, path_too_long: 1 },
    });
    const row = await driver.row(long);
    expect(row).toMatchObject({ state: 'quarantined', reason: 'path_too_long' });
    expect(row.sourceKey).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await driver.register(long)).toMatchObject({ known: 1, quarantined: NONE });
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('odd names survive', async () => {
    const { sink, driver } = under();
    const keys = ['a b', 'x\\x0ay', 'sub/ünï/\\xff', '日本', "o'clock", '%', ''];
    await driver.register(...keys.map((key) => testFile(key, small)));
    const rows = await sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 10 });
    expect(rows.map(({ sourceKey }) => sourceKey)).toEqual(keys);
    expect(await sink.findFiles({ pipeline: PIPELINE, sourceKey: keys[2]! })).toHaveLength(1);
  });

  test('a superseded generation that is listed again is set aside, once', async () => {
    const { driver } = under();
    driver.policies = { ...DEFAULT_POLICIES, changedFile: 'supersede' };
    const old = testFile('f', small, 'g1');
    await driver.take(old);
    await driver.take(testFile('f', countedContent([['a', 5n]]), 'g2'));
    expect(await driver.row(old)).toMatchObject({ state: 'superseded', version: 2 });
    expect(await driver.register(old)).toMatchObject({ quarantined: { ...NONE, generation_returned: 1 }, known: 0 });
    expect(await driver.row(old)).toMatchObject({ state: 'quarantined', reason: 'generation_returned' });
    expect(await driver.register(old)).toMatchObject({ quarantined: NONE, known: 1 });
  });

  describe('files to start', () => {
    const ask = (driver: SinkDriver, state: 'seen' | 'counting', afterSequence: number, windowFiles: number) =>
      driver.sink.filesToStart({ pipeline: PIPELINE, sourceId: SOURCE, state, afterSequence, windowFiles, limitFiles: 100 });

    test('are the oldest that wait, as many as the window has room for', async () => {
      const { driver } = under();
      const files = Array.from({ length: 5 }, (_, index) => testFile(`f${index}`, small));
      await driver.register(...files);
      const first = await ask(driver, 'seen', 0, 2);
      expect(first.files.map(({ sourceKey }) => sourceKey)).toEqual(['f0', 'f1']);
      expect(first).toMatchObject({ inFlight: 0, hasMore: true });
      expect(await ask(driver, 'seen', first.files[1]!.sequence, 2)).toEqual({ files: [], inFlight: 2, hasMore: true });
      await driver.admit(files[0]!);
      await driver.sink.quarantine({ fileId: files[1]!.fileId, version: 1, reason: 'changed', detail: '', nowMs: driver.nowMs });
      const next = await ask(driver, 'seen', first.files[1]!.sequence, 2);
      expect(next.files.map(({ sourceKey }) => sourceKey)).toEqual(['f2']);
      expect(next).toMatchObject({ inFlight: 1, hasMore: true });
    });

    test('are those whose workflow may be lost, although the window is full of them, and none that waits is passed over', async () => {
      const { driver } = under();
      const files = Array.from({ length: 4 }, (_, index) => testFile(`f${index}`, small));
      await driver.register(...files);
      await driver.admit(files[1]!);
      await driver.admit(files[3]!);
      const lost = await ask(driver, 'counting', 0, 2);
      expect(lost.files.map(({ sourceKey }) => sourceKey)).toEqual(['f1', 'f3']);
      expect(lost).toMatchObject({ hasMore: false });
      expect(await ask(driver, 'seen', 0, 2)).toEqual({ files: [], inFlight: 2, hasMore: true });
      const wider = await ask(driver, 'seen', 0, 4);
      expect(wider.files.map(({ sourceKey }) => sourceKey)).toEqual(['f0', 'f2']);
      expect(wider.hasMore).toBe(false);
    });
  });
}
