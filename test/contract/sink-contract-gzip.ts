import { createHash } from 'node:crypto';
import { decodePartial, encodePartial } from '../../src/core/partial-codec';
import { compressedContent, countedContent, sha256, type Line } from '../helpers/counted-content';
import type { SinkUnderTest } from './sink-contract';
import { PIPELINE, testFile } from './sink-driver';

export function describeDecompressing(under: () => SinkUnderTest): void {
  const lines: readonly Line[] = [
    ['a', 1n],
    ['b', 2n],
    ['a', 3n],
  ];
  const content = compressedContent(lines, 'what is stored of it');
  const file = testFile('f.gz', content);
  const address = { fileId: file.fileId, version: 1, planDigest: content.planDigest, splitIndex: 0, nowMs: 5 };

  test('a file that is decompressed is counted, with a receipt of its stored and its plain bytes', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    await driver.count(file);
    await driver.apply();
    expect(await driver.row(file)).toMatchObject({ state: 'in', contentDigest: content.contentDigest, plan: content.plan });
    const blocks = createHash('sha256').update('what is stored of it').digest();
    expect(await sink.readReceipt(file.fileId)).toMatchObject({
      ...{ bytes: 20, compression: 'gzip', plainBytes: 12, plainDigest: content.contentDigest, contentDigest: sha256(blocks) },
      ...{ lines: 3, records: 3, splits: 1, grammarVersion: 2 },
    });
    expect((await sink.readTotals({ pipeline: PIPELINE, limit: 9 })).rows.map(({ sum }) => sum)).toEqual([4n, 2n]);
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  });

  test('a checkpoint in the place of its partial is counted again and never applied', async () => {
    const { sink, driver } = under();
    await driver.register(file);
    await driver.admit(file);
    const partial = decodePartial(content.partials[0]!.blob);
    const blob = encodePartial({ ...partial, blockDigests: new Uint8Array() });
    expect(await sink.putPartial({ ...address, blob, digest: sha256(blob) })).toBe('stored');
    expect((await driver.markCounted(file)).outcome).toBe('incomplete');
    expect(await sink.storedSplits(address)).toEqual([]);
    expect(await driver.row(file)).toMatchObject({ state: 'counting' });
  });

  test.each(['the text first', 'the compressed file first'])('a text and the same compressed are billed once, %s', async (order) => {
    const { sink, driver } = under();
    const text = testFile('f', countedContent(lines));
    const files = order === 'the text first' ? [text, file] : [file, text];
    await driver.register(...files);
    for (const each of files) {
      await driver.count(each);
      await driver.apply();
    }
    expect(await driver.row(files[0]!)).toMatchObject({ state: 'in' });
    expect(await driver.row(files[1]!)).toMatchObject({ state: 'quarantined', reason: 'duplicate_content' });
    expect((await sink.readTotals({ pipeline: PIPELINE, limit: 9 })).rows.map(({ sum }) => sum)).toEqual([4n, 2n]);
  });

  test('a file that is delivered again, compressed otherwise, is an alias', async () => {
    const { driver } = under();
    const again = testFile('f.gz', compressedContent(lines, 'other bytes, another size'), 'g2');
    for (const each of [file, again]) {
      await driver.register(each);
      await driver.count(each);
      await driver.apply();
    }
    expect((await driver.row(file)).state).toBe('in');
    expect((await driver.row(again)).state).toBe('alias');
  });
}
