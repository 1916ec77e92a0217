/** `emit --gzip` and `count` of what it wrote. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countFiles } from '../../../src/cli/count-files';
import { remarks } from '../../../src/cli/count-report';
import { DEFAULT_COMPRESSION } from '../../../src/core/compression';
import { DEFAULT_FORMAT } from '../../../src/core/format';
import { emit } from '../../../src/emitter/emit';
import { gzipMember } from '../../helpers/gzip-files';

const READING = { format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION, isProven: true };
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tallyline-gzip-'))));
afterEach(() => rm(folder, { recursive: true }));

test('compressed sample files have the totals of the plain ones, and smaller sizes', async () => {
  const options = { files: 2, minSizeBytes: 1_200_000, maxSizeBytes: 1_300_000, seed: 5, ids: 50 };
  const plain = await emit({ ...options, outDirectory: join(folder, 'plain') });
  const emitted = await emit({ ...options, outDirectory: join(folder, 'gzip'), isCompressed: true });
  expect(emitted.totals).toEqual(plain.totals);
  expect(await readdir(join(folder, 'gzip'))).toEqual(['usage-0.txt.gz', 'usage-1.txt.gz']);
  const paths = emitted.files.map(({ name }) => join(folder, 'gzip', name));
  const { files, totals } = await countFiles(paths, READING, 2);
  expect([...totals.entries()].map(({ key, sum, count }) => [Buffer.from(key).toString(), sum, count])).toEqual(
    plain.totals.map(({ key, sum, count }) => [Buffer.from(key).toString(), sum, count]),
  );
  expect(files.map(({ receipt }) => [receipt.bytes, receipt.plainBytes])).toEqual(
    emitted.files.map(({ bytes }, index) => [bytes, plain.files[index]?.bytes]),
  );
}, 30_000);

test('a rejected line is named by its place in the plain text', async () => {
  const path = join(folder, 'a.gz');
  await writeFile(path, gzipMember(Buffer.from('1 2\nx\n')));
  const { files } = await countFiles([path], READING, 1);
  expect(files.flatMap(remarks)).toEqual([`${path}: 1 of 2 lines rejected: 1 too_few_fields (the first at plain byte 4: x)`]);
});

test.each([
  ['a damaged file', gzipMember(Buffer.from('1 2\n')).subarray(0, -1)],
  ['an empty file', Buffer.alloc(0)],
])('%s ends the count with its name, and with no totals', async (_name, bytes) => {
  const path = join(folder, 'a.gz');
  await writeFile(path, bytes);
  await expect(countFiles([path], READING, 1)).rejects.toMatchObject({
    code: 'compressed_damaged',
    fact: expect.stringContaining(path) as string,
  });
});
