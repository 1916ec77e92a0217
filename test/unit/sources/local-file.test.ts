import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallylineFailure } from '../../../src/core/failures';
import { LocalFile } from '../../../src/sources/local-file';

const folder = mkdtempSync(join(tmpdir(), 'tallyline-local-file-'));
const path = join(folder, 'a.txt');
afterAll(() => rmSync(folder, { recursive: true }));

async function openFile(content: string): Promise<LocalFile> {
  writeFileSync(path, content);
  const changed = () => Promise.resolve(new TallylineFailure('changed', 'a.txt is another file'));
  const witness = { look: () => Promise.resolve(null), explain: changed, unreadable: changed };
  return new LocalFile({ sourceKey: 'a.txt', sizeBytes: content.length, generation: '1' }, await open(path), witness);
}

test('a file that was cut short gives nothing at once, and the failure for it when it is asked properly', async () => {
  const file = await openFile('1 2\n3 4\n');
  truncateSync(path, 4);
  const target = new Uint8Array(8);
  expect(file.readNow(0, target)).toBe(4);
  expect(file.readNow(4, target)).toBe(0);
  await expect(file.read(4, target)).rejects.toMatchObject({ code: 'changed' });
  await file.close();
});

test('what was appended is not read, and a closed file gives nothing', async () => {
  const file = await openFile('1 2\n');
  writeFileSync(path, '3 4\n', { flag: 'a' });
  const target = new Uint8Array(8);
  expect(file.readNow(0, target)).toBe(4);
  expect(file.readNow(4, target)).toBe(0);
  await file.close();
  // Its descriptor may be another file's by now.
  expect(file.readNow(0, target)).toBe(0);
});
