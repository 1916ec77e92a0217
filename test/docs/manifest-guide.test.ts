/** What docs/guides/manifests.md tells emitters to write and to run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeControl } from '../../src/core/control-totals';
import { DEFAULT_FORMAT } from '../../src/core/format';
import { DIGEST_BLOCK_BYTES } from '../../src/core/limits';
import { parseBatchManifest, parseFileManifest } from '../../src/core/manifest';
import { planSplits } from '../../src/core/split';
import { countInSplits } from '../helpers/count-in-splits';

const guide = readFileSync(join(__dirname, '../../docs/guides/manifests.md'), 'utf8');
const examples = [...guide.matchAll(/```json\n([^]*?)```/g)].map(([, block = '']) => block);
const folder = mkdtempSync(join(tmpdir(), 'tallyline-guide-'));
afterAll(() => rmSync(folder, { recursive: true }));

function count(content: string) {
  const bytes = Buffer.from(content);
  const circumstances = { splits: planSplits(bytes.length, 400_000), blockBytes: DIGEST_BLOCK_BYTES, random: () => 0.5 };
  return countInSplits(bytes, DEFAULT_FORMAT, { ...circumstances, chunkBytesMax: 300_000, crashRate: 0 });
}

test('its manifest beside a file is that of a file', () => {
  const { receipt, totals } = count('123 12345\n7 881\n123 5\n');
  const { control } = parseFileManifest(examples[0]!, 'usage.txt.manifest.json', 'usage.txt');
  expect(Object.keys(control)).toHaveLength(5);
  const sum = totals.reduce((total, entry) => total + entry.sum, 0n);
  expect(judgeControl(control, { ...receipt, sum }, 'm')).toBeNull();
});

test('its batch lists files', () => {
  expect(parseBatchManifest(examples[1]!, '2026/11/batch.json').map(({ sourceKey }) => sourceKey)).toEqual([
    '2026/11/usage-1.txt',
    '2026/11/usage-2.txt',
  ]);
});

test.each([0, 1, DIGEST_BLOCK_BYTES / 8 - 1, DIGEST_BLOCK_BYTES / 8, DIGEST_BLOCK_BYTES / 8 + 1, (5 * DIGEST_BLOCK_BYTES) / 16])(
  'its command computes the content digest of %d lines of 8 bytes',
  (lines) => {
    const content = '1234 56\n'.repeat(lines);
    writeFileSync(join(folder, 'usage.txt'), content);
    const command = /^ {4}(split .*)$/m.exec(guide)![1]!;
    const printed = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    expect(printed.split(' ')[0]).toBe((count(content).receipt as { contentDigest: string }).contentDigest);
  },
);
