import { DEFAULT_POLICIES } from '../../src/core/policies';
import { countedContent, sha256 } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { MEANING, PIPELINE, testFile } from './sink-driver';

export function describeCounting(under: () => SinkUnderTest): void {
  const content = countedContent([
    ['a', 1n],
    ['b', 2n],
    ['a', 3n],
  ]);
  const other = countedContent([
    ['a', 1n],
    ['b', 9n],
    ['a', 3n],
  ]);
  const file = testFile('f', content);
  const address = { fileId: file.fileId, version: 1, planDigest: content.planDigest };

  test('a file is admitted once and keeps its first plan', async () => {
    const { driver } = under();
    await driver.register(file);
    expect(await driver.admit(file)).toMatchObject({ outcome: 'counting', planDigest: content.planDigest });
    const again = await driver.sink.admit({
      ...address,
      plan: other.plan,
      planDigest: 'another',
      meaning: MEANING,
      policies: driver.policies,
      nowMs: 5,
    });
    expect(again).toEqual({ outcome: 'counting', plan: content.plan, planDigest: content.planDigest });
    expect(await driver.admit(file, 2)).toEqual({ outcome: 'fenced' });
    expect(
      await driver.sink.admit({ ...address, fileId: 'none', plan: content.plan, meaning: MEANING, policies: driver.policies, nowMs: 5 }),
    ).toEqual({
      outcome: 'fenced',
    });
  });

  test('a worker with another meaning admits nothing: the meaning was corrected after it started', async () => {
    const { driver, sink } = under();
    await driver.register(file);
    const stale = { ...address, plan: content.plan, meaning: { ...MEANING, scale: 2 }, policies: driver.policies, nowMs: 5 };
    await expect(sink.admit(stale)).rejects.toMatchObject({ code: 'config_mismatch' });
    expect((await driver.row(file)).state).toBe('seen');
    expect(await driver.admit(file)).toMatchObject({ outcome: 'counting' });
  });

  test('a partial is stored once; the same again is known, another is a conflict that sets the file aside', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    await driver.admit(file);
    const [first] = content.partials;
    expect(await sink.putPartial({ ...address, ...first!, nowMs: 5 })).toBe('stored');
    expect(await sink.putPartial({ ...address, ...first!, nowMs: 5 })).toBe('already');
    expect(await sink.storedSplits(address)).toEqual([0]);
    const { blob, digest } = other.partials[0]!;
    expect(await sink.putPartial({ ...address, splitIndex: 0, blob, digest, nowMs: 5 })).toBe('conflict');
    expect(await driver.row(file)).toMatchObject({ state: 'quarantined', reason: 'digest_conflict' });
    expect(await sink.storedSplits(address)).toEqual([]);
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('writes of another version, another plan, an unknown split or a file not being counted change nothing', async () => {
    const { sink, driver } = under();
    const { blob, digest } = content.partials[0]!;
    const put = (change: object) => sink.putPartial({ ...address, splitIndex: 0, blob, digest, nowMs: 5, ...change });
    const putCheckpoint = (change: object) => sink.putCheckpoint({ ...address, splitIndex: 0, blob, digest, nowMs: 5, ...change });
    expect(await put({})).toBe('fenced');
    await driver.register(file);
    expect(await put({})).toBe('fenced');
    await driver.admit(file);
    for (const change of [{ version: 2 }, { planDigest: 'another' }, { splitIndex: 7 }, { fileId: 'none' }]) {
      expect(await put(change)).toBe('fenced');
      expect(await putCheckpoint(change)).toBe('fenced');
    }
    await driver.count(file);
    await driver.apply();
    expect(await putCheckpoint({})).toBe('fenced');
    expect(await sink.storedSplits(address)).toEqual([]);
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('a partial whose bytes are not those of its digest is refused', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    await driver.admit(file);
    const { blob } = content.partials[0]!;
    await expect(sink.putPartial({ ...address, splitIndex: 0, blob, digest: sha256('other'), nowMs: 5 })).rejects.toMatchObject({
      code: 'invariant_violated',
    });
    expect(await sink.storedSplits(address)).toEqual([]);
  });

  test('after it is in, the same partial is known, and another is noted in the ledger once and changes nothing', async () => {
    const { sink, driver } = under();
    await driver.take(file);
    const before = await driver.totals();
    expect(await sink.putPartial({ ...address, ...content.partials[1]!, nowMs: 5 })).toBe('already');
    const { blob, digest } = other.partials[0]!;
    expect(await sink.putPartial({ ...address, splitIndex: 0, blob, digest, nowMs: 5 })).toBe('conflict');
    expect(await sink.putPartial({ ...address, splitIndex: 0, blob, digest, nowMs: 6 })).toBe('conflict');
    expect(await driver.row(file)).toMatchObject({ state: 'in', inVersion: 1 });
    expect(await driver.totals()).toEqual(before);
    expect(await driver.ledger()).toEqual(['1 counted v1', '2 note v1']);
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('checkpoints are found by their digest, and one that is damaged is not', async () => {
    const { sink, store, driver } = under();
    await driver.register(file);
    await driver.admit(file);
    const blob = Uint8Array.of(1, 2, 3);
    const put = { ...address, splitIndex: 1, blob, digest: sha256(blob), nowMs: 5 };
    expect(await sink.putCheckpoint(put)).toBe('stored');
    expect(await sink.putCheckpoint(put)).toBe('stored');
    expect(Uint8Array.from((await sink.readCheckpoint(put)) ?? [])).toEqual(blob);
    expect(await sink.readCheckpoint({ ...put, digest: sha256('none') })).toBeNull();
    await store.transaction((transaction) => transaction.blobs.insertCheckpoint(put, sha256('damaged'), blob));
    expect(await sink.readCheckpoint({ ...put, digest: sha256('damaged') })).toBeNull();
  });

  test('a file is counted when all its splits are there, and answers the same when asked again', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    expect(await driver.markCounted(file)).toEqual({ outcome: 'fenced' });
    await driver.admit(file);
    await driver.putPartials(file, { only: 1 });
    expect(await driver.markCounted(file)).toEqual({ outcome: 'incomplete', missingSplits: [0] });
    await driver.putPartials(file);
    expect(await driver.markCounted(file, 2)).toEqual({ outcome: 'fenced' });
    expect(await driver.markCounted(file)).toEqual({ outcome: 'counted' });
    expect(await driver.markCounted(file)).toEqual({ outcome: 'already' });
    expect(await driver.row(file)).toMatchObject({ state: 'counted', contentDigest: content.contentDigest });
    expect(await driver.totals()).toEqual({});
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('rejects beyond the budget and a cut last line set the file aside, with its receipt kept', async () => {
    const { sink, driver } = under();
    const refused = testFile(
      'refused',
      countedContent([
        ['a', 1n],
        ['b', 'x'],
        ['c', 1n],
      ]),
    );
    const cut = testFile(
      'cut',
      countedContent(
        [
          ['a', 1n],
          ['b', 2n],
        ],
        { terminated: false },
      ),
    );
    await driver.register(refused, cut);
    expect(await driver.count(refused)).toMatchObject({ outcome: 'quarantined', reason: 'reject_budget' });
    expect(await driver.count(cut)).toMatchObject({ outcome: 'quarantined', reason: 'unterminated_last_line' });
    expect(await driver.markCounted(refused)).toMatchObject({ outcome: 'quarantined', reason: 'reject_budget' });
    expect((await sink.readReceipt(refused.fileId))?.rejects.value_syntax?.count).toBe(1);
    expect((await driver.apply()).outcomes).toEqual([]);
    driver.policies = { ...DEFAULT_POLICIES, rejects: { maxCount: 1 }, unterminatedLastLine: 'count' };
    for (const { fileId } of [refused, cut]) expect(await driver.release(fileId)).toEqual({ outcome: 'done', version: 2 });
    expect([await driver.count(refused), await driver.count(cut)]).toEqual([{ outcome: 'counted' }, { outcome: 'counted' }]);
    await driver.apply();
    expect(await driver.totals()).toEqual({ a: '2/2', b: '2/1', c: '1/1' });
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('a quarantine keeps the first reason and never touches what is in', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    const quarantine = (version: number, reason: 'changed' | 'vanished') =>
      sink.quarantine({ fileId: file.fileId, version, reason, detail: reason, nowMs: 5 });
    expect(await quarantine(2, 'changed')).toMatchObject({ state: 'seen', version: 1 });
    expect(await quarantine(1, 'changed')).toMatchObject({ state: 'quarantined', reason: 'changed', detail: 'changed' });
    expect(await quarantine(1, 'vanished')).toMatchObject({ reason: 'changed' });
    await driver.release(file.fileId);
    await driver.count(file);
    await driver.apply();
    expect(await quarantine(2, 'changed')).toMatchObject({ state: 'in', reason: null });
    expect(await sink.quarantine({ fileId: 'none', version: 1, reason: 'changed', detail: '', nowMs: 5 })).toBeNull();
    expect(await sink.readStatuses([file.fileId, 'none'])).toEqual([
      { fileId: file.fileId, version: 2, state: 'in', reason: null, detail: null },
    ]);
  });
}
