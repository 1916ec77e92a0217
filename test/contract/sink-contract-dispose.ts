import type { DisposalPlace } from '../../src/core/disposal';
import { countedContent } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, SOURCE, testFile, type TestFile } from './sink-driver';

const TO: DisposalPlace = { kind: 'move', place: '/counted/f' };
const GONE: DisposalPlace = { kind: 'delete', place: '' };

export function describeDisposing(under: () => SinkUnderTest): void {
  const content = countedContent([['a', 1n]]);
  const file = testFile('f', content);
  const { fileId } = file;
  const verify = () => under().sink.verify({ pipeline: PIPELINE });
  const later = () => under().driver.nowMs + 1;
  const ask = async (
    change: { appliedBeforeMs?: number; afterSequence?: number; limit?: number; pipeline?: string; sourceId?: string } = {},
  ) =>
    await under().sink.filesToDispose({
      pipeline: PIPELINE,
      sourceId: SOURCE,
      appliedBeforeMs: later(),
      afterSequence: 0,
      limit: 100,
      ...change,
    });
  const due = async (...change: Parameters<typeof ask>) => (await ask(...change)).files.map(({ sourceKey }) => sourceKey);
  const begin = async ({ fileId }: TestFile, version = 1, place = TO, appliedBeforeMs = later()) =>
    await under().sink.beginDisposal({ fileId, version, ...place, appliedBeforeMs, nowMs: later() });
  const record = async (outcome: Parameters<SinkUnderTest['sink']['recordDisposal']>[0]['outcome'], version = 1, place = TO) =>
    await under().sink.recordDisposal({ fileId, version, ...place, outcome, nowMs: later() });
  const known = async () => (await under().sink.readDisposals({ fileIds: [fileId] }))[0] ?? null;

  test('a file may be disposed of once the totals have held it for long enough', async () => {
    const { driver } = under();
    await driver.register(file);
    expect(await due()).toEqual([]);
    await driver.count(file);
    expect([await due(), await begin(file)]).toEqual([[], false]);
    await driver.apply();
    expect(await due({ appliedBeforeMs: driver.nowMs })).toEqual([]);
    expect(await begin(file, 1, TO, driver.nowMs)).toBe(false);
    expect((await ask()).files).toEqual([
      { fileId, version: 1, sequence: 1, sourceKey: 'f', generation: 'g1', sizeBytes: content.sizeBytes, begun: null },
    ]);
    expect([await due({ sourceId: 'another' }), await due({ pipeline: 'another' })]).toEqual([[], []]);
  });

  test('files come in pages of rows that are looked at, whatever may be disposed of among them', async () => {
    const { driver } = under();
    const files = ['a', 'b', 'c'].map((name, index) => testFile(name, countedContent([[name, BigInt(index)]])));
    await driver.take(...files);
    await begin(files[0]!);
    await under().sink.recordDisposal({ fileId: files[0]!.fileId, version: 1, ...TO, outcome: 'done', nowMs: later() });
    expect(await ask({ limit: 1 })).toEqual({ files: [], nextAfterSequence: 1 });
    expect(await ask({ limit: 2, afterSequence: 1 })).toMatchObject({
      files: [{ sourceKey: 'b' }, { sourceKey: 'c' }],
      nextAfterSequence: 3,
    });
    expect(await ask({ afterSequence: 3 })).toEqual({ files: [], nextAfterSequence: null });
  });

  test('what was done is known, noted in the ledger once, and not to be done again', async () => {
    const { sink, driver } = under();
    await driver.take(file);
    expect(await begin(file)).toBe(true);
    expect(await known()).toMatchObject({ fileId, version: 1, ...TO, state: 'begun', endedMs: null });
    expect((await ask()).files).toMatchObject([{ begun: TO }]);
    expect(await begin(file)).toBe(true);
    expect([await record('done'), await record('done'), await record('vanished')]).toEqual(['done', 'done', 'done']);
    expect([await due(), await begin(file)]).toEqual([[], false]);
    expect(await known()).toMatchObject({ ...TO, state: 'done', endedMs: later() });
    expect((await sink.readLedger({ pipeline: PIPELINE, afterNumber: 1, limit: 9 })).map(({ number: _, ...entry }) => entry)).toEqual([
      { kind: 'note', fileId, version: 1, period: null, by: 'afterCounting', reason: 'moved to /counted/f', atMs: later() },
    ]);
    expect(await driver.totals()).toEqual({ a: '1/1' });
    expect(await verify()).toEqual([]);
  });

  test('nothing that is not in the totals by itself is touched', async () => {
    const { sink, driver } = under();
    const alias = testFile('f', content, 'g2');
    const broken = testFile('broken', countedContent([['a', 'x']]));
    await driver.take(file);
    await driver.take(alias);
    await driver.take(broken);
    expect((await driver.row(alias)).state).toBe('alias');
    expect(await due()).toEqual(['f']);
    expect([await begin(alias), await begin(broken)]).toEqual([false, false]);
    await driver.recount(fileId);
    expect([await due(), await begin(file), await begin(file, 2)]).toEqual([[], false, false]);
    await driver.retract(fileId);
    expect([await due(), await begin(file), await begin(file, 3)]).toEqual([[], false, false]);
    expect(await sink.beginDisposal({ fileId: 'none', version: 1, ...TO, appliedBeforeMs: later(), nowMs: 1 })).toBe(false);
    expect(await known()).toBeNull();
  });

  test('a file without its entry in the ledger, or whose contribution is kept no more, is left alone', async () => {
    const { driver, store } = under();
    const other = testFile('other', countedContent([['b', 1n]]));
    await driver.take(file, other);
    await store.transaction((transaction) => transaction.contributions.remove([{ fileId, version: 1 }]));
    expect([await due(), await begin(file)]).toEqual([['other'], false]);
    const [row] = await store.snapshot((transaction) => transaction.files.read([other.fileId]));
    const unbilled = { ...row!, fileId: 'unbilled', sourceKey: 'unbilled' };
    await store.transaction(async (transaction) => {
      await transaction.files.insert([unbilled]);
      const [part] = await transaction.contributions.read([{ fileId: other.fileId, version: 1, period: '', part: 0 }]);
      await transaction.contributions.insert([{ ...part!, fileId: 'unbilled' }]);
    });
    expect(await due()).toEqual(['other']);
    expect(await begin({ ...other, fileId: 'unbilled' })).toBe(false);
    // Whatever the ledger says: only what the row says is in.
    await store.transaction((transaction) =>
      transaction.files.update([{ ...row!, state: 'counting', inVersion: null, inContentDigest: null }]),
    );
    expect([await due(), await begin(other)]).toEqual([[], false]);
  });

  test('nothing is begun while the pipeline is stopped, and what was done before is still recorded', async () => {
    const { sink, driver } = under();
    await driver.take(file);
    await begin(file);
    await sink.stop({ pipeline: PIPELINE, ...driver.by() });
    await expect(begin(file)).rejects.toMatchObject({ code: 'pipeline_stopped' });
    expect(await record('done')).toBe('done');
  });

  test('what was begun is looked after whatever became of the file since', async () => {
    const { sink, driver } = under();
    await driver.take(file);
    await begin(file);
    await driver.retract(fileId);
    const begun = async () => await sink.begunDisposals({ pipeline: PIPELINE, sourceId: SOURCE, limit: 9 });
    expect(await begun()).toMatchObject([{ fileId, version: 1, sourceKey: 'f', begun: TO }]);
    expect(await sink.begunDisposals({ pipeline: PIPELINE, sourceId: 'another', limit: 9 })).toEqual([]);
    expect([await due(), await begin(file)]).toEqual([[], false]);
    expect([await record('occupied'), await record('withdrawn')]).toEqual(['begun', 'withdrawn']);
    expect(await begun()).toEqual([]);
    expect(await driver.ledger()).toEqual(['1 counted v1', '2 retracted v1']);
    expect(await verify()).toEqual([]);
  });

  test('a file that is gone was deleted if that was begun; a move that is gone is nobody’s', async () => {
    const { driver } = under();
    await driver.take(file);
    expect(await record('withdrawn')).toBeNull();
    await begin(file, 1, GONE);
    expect(await record('vanished', 1, GONE)).toBe('done');
    expect(await known()).toMatchObject({ kind: 'delete', state: 'done' });
    expect(await driver.ledger()).toEqual(['1 counted v1', '2 note v1']);
    await driver.recount(fileId);
    await driver.count(file);
    await driver.apply();
    expect((await ask()).files).toMatchObject([{ version: 2, begun: null }]);
    await begin(file, 2);
    expect(await record('vanished', 2)).toBe('vanished');
    expect(await due()).toEqual([]);
    expect(await known()).toMatchObject({ version: 2, kind: 'move', state: 'vanished' });
  });

  test('files that a plan counted are touched by nobody', async () => {
    const { driver, sink } = under();
    await driver.plan('p1', [file]);
    const shadow = `${PIPELINE}~p1`;
    expect(await due({ pipeline: shadow })).toEqual([]);
    const [counted] = await sink.listFiles({ pipeline: shadow, afterSequence: 0, limit: 1 });
    expect(counted?.state).toBe('in');
    expect(await begin({ ...file, fileId: counted!.fileId })).toBe(false);
    await driver.applyPlan('p1');
    expect(await due()).toEqual(['f']);
  });

  test('verify finds a file that was disposed of and never counted', async () => {
    const { driver, store } = under();
    await driver.take(file);
    const row = { pipeline: PIPELINE, sourceId: SOURCE, fileId, version: 7, ...TO, state: 'done', begunMs: 1, endedMs: 2 } as const;
    await store.transaction((transaction) => transaction.disposals.put(row));
    expect(await verify()).toMatchObject([{ check: 'disposal_counted', subject: `${fileId} 7` }]);
  });
}
