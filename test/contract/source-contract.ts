/** What every source must keep, whatever lies behind it. An implementation calls this with a way to prepare files. */
import type { TallylineFailure } from '../../src/core/failures';
import type { ListedFile, Source } from '../../src/sources/source';

export interface PreparedSource {
  readonly source: Source;
  /** Writes a whole file, replacing an earlier one by another generation. */
  put(sourceKey: string, content: Uint8Array): Promise<void>;
  remove(sourceKey: string): Promise<void>;
  /** Makes the root unreachable. */
  loseRoot(): Promise<void>;
}

export async function listAll(source: Source, pageFiles = 1000, cursor?: string): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for await (const page of source.list({ pageFiles, cursor })) files.push(...page.files);
  return files;
}

/** The content of one generation, read in chunks of `chunkBytes` between two verifications. */
export async function readAll(source: Source, file: ListedFile, chunkBytes = 7): Promise<Buffer> {
  const opened = await source.open(file);
  try {
    await opened.verify();
    const chunks: Buffer[] = [];
    for (let offset = 0; offset < file.sizeBytes;) {
      const chunk = Buffer.alloc(chunkBytes);
      const readBytes = await opened.read(offset, chunk);
      if (readBytes < 1) throw new Error('a read before the end returned nothing');
      chunks.push(chunk.subarray(0, readBytes));
      offset += readBytes;
    }
    await opened.verify();
    return Buffer.concat(chunks);
  } finally {
    await opened.close();
  }
}

export function failure(code: TallylineFailure['code']): unknown {
  return expect.objectContaining({ name: 'TallylineFailure', code });
}

/** `refusedKeys`: no file of such a source can have them. */
export function sourceContract(name: string, refusedKeys: readonly string[], prepare: () => Promise<PreparedSource>): void {
  describe(`source contract: ${name}`, () => {
    const content = Buffer.from('7 881\n123 12345\n');

    test('an empty source lists nothing', async () => {
      const { source } = await prepare();
      expect(await listAll(source)).toEqual([]);
    });

    test('lists every file once, in a fixed order, with its size', async () => {
      const { source, put } = await prepare();
      for (const key of ['b.txt', 'a/z.txt', 'a.txt', 'a/b/c.txt', 'a-b.txt', 'B.txt']) await put(key, content);
      const keys = (await listAll(source, 4)).map((file) => file.sourceKey);
      expect([...keys].sort()).toEqual(['B.txt', 'a-b.txt', 'a.txt', 'a/b/c.txt', 'a/z.txt', 'b.txt']);
      expect((await listAll(source, 1)).map((file) => file.sourceKey)).toEqual(keys);
      expect((await listAll(source)).every((file) => file.sizeBytes === content.length)).toBe(true);
    });

    test('pages hold at most pageFiles, and each cursor continues right after its page', async () => {
      const { source, put } = await prepare();
      // '-' and '.' sort before '/', so the order of whole paths is not the order of a walk.
      for (const directory of ['a', 'a-b', 'a.b', 'a/b'])
        for (const name of ['1', '2', 'a-', 'z']) await put(`${directory}/${name}`, content);
      for (let index = 0; index < 9; index++) await put(`${String(index)}.txt`, content);
      const keys = (await listAll(source)).map((file) => file.sourceKey);
      let seen = 0;
      for await (const page of source.list({ pageFiles: 4 })) {
        expect(page.files.length).toBeLessThanOrEqual(4);
        seen += page.files.length;
        expect((await listAll(source, 3, page.cursor)).map((file) => file.sourceKey)).toEqual(keys.slice(seen));
      }
      expect(seen).toBe(25);
    });

    test('a cursor still works when its file is gone', async () => {
      const { source, put, remove } = await prepare();
      for (const key of ['a/1', 'a/2', 'b']) await put(key, content);
      await remove('a/1');
      expect((await listAll(source, 10, 'a/1')).map((file) => file.sourceKey)).toEqual(['a/2', 'b']);
    });

    test('reads the bytes of what it listed, in any chunks', async () => {
      const { source, put } = await prepare();
      await put('a.txt', content);
      for (const chunkBytes of [1, 7, 1000]) expect(await readAll(source, await only(source), chunkBytes)).toEqual(content);
    });

    test('an empty file can be opened, verified and has no bytes', async () => {
      const { source, put } = await prepare();
      await put('a.txt', Buffer.alloc(0));
      expect(await readAll(source, await only(source))).toEqual(Buffer.alloc(0));
    });

    test('look shows what list shows, and null for what is not there', async () => {
      const { source, put } = await prepare();
      await put('d/a.txt', content);
      expect(await source.look('d/a.txt')).toEqual(await only(source));
      expect(await source.look('d/b.txt')).toBeNull();
      expect(await source.look('d/a.txt/b')).toBeNull();
      expect(await source.look('d')).toBeNull();
    });

    test('look answers with the canonical sourceKey, so that one file has one name', async () => {
      const { source, put } = await prepare();
      await put('d/a.txt', content);
      for (const key of ['d/\\x61.txt', 'd\\x2fa.txt']) expect(await source.look(key)).toEqual(await only(source));
    });

    test('two contents under one sourceKey are two generations', async () => {
      const { source, put } = await prepare();
      await put('a.txt', content);
      const first = await only(source);
      await put('a.txt', Buffer.from('7 882\n123 12345\n'));
      expect((await only(source)).generation).not.toBe(first.generation);
    });

    test('a file replaced between list and open is changed', async () => {
      const { source, put } = await prepare();
      await put('a.txt', content);
      const listed = await only(source);
      await put('a.txt', Buffer.from('1 1\n'));
      await expect(source.open(listed)).rejects.toEqual(failure('changed'));
    });

    test('a file removed between list and open has vanished', async () => {
      const { source, put, remove } = await prepare();
      await put('a.txt', content);
      const listed = await only(source);
      await remove('a.txt');
      await expect(source.open(listed)).rejects.toEqual(failure('vanished'));
    });

    test('a file replaced between open and verify is changed', async () => {
      const { source, put } = await prepare();
      await put('a.txt', content);
      const opened = await source.open(await only(source));
      await opened.verify();
      await put('a.txt', Buffer.from('9 999\n999 99999\n'));
      await expect(opened.verify()).rejects.toEqual(failure('changed'));
      await opened.close();
    });

    test('a file removed between open and verify has vanished', async () => {
      const { source, put, remove } = await prepare();
      await put('a.txt', content);
      const opened = await source.open(await only(source));
      await remove('a.txt');
      await expect(opened.verify()).rejects.toEqual(failure('vanished'));
      await opened.close();
    });

    test('while the root is lost nothing is judged: every call says source_unavailable', async () => {
      const { source, put, loseRoot } = await prepare();
      await put('a.txt', content);
      await source.probe();
      const listed = await only(source);
      const opened = await source.open(listed);
      await loseRoot();
      await expect(source.probe()).rejects.toEqual(failure('source_unavailable'));
      await expect(listAll(source)).rejects.toEqual(failure('source_unavailable'));
      await expect(source.look('a.txt')).rejects.toEqual(failure('source_unavailable'));
      await expect(source.open(listed)).rejects.toEqual(failure('source_unavailable'));
      await expect(opened.verify()).rejects.toEqual(failure('source_unavailable'));
      await opened.close();
    });

    test.each([...refusedKeys])('the sourceKey "%s" is refused', async (sourceKey) => {
      const { source } = await prepare();
      await expect(source.look(sourceKey)).rejects.toEqual(failure('unknown_file'));
      await expect(source.open({ sourceKey, generation: 'any', sizeBytes: 1 })).rejects.toEqual(failure('unknown_file'));
    });

    test('an opened file can be closed twice', async () => {
      const { source, put } = await prepare();
      await put('a.txt', content);
      const opened = await source.open(await only(source));
      await opened.close();
      await opened.close();
    });
  });
}

async function only(source: Source): Promise<ListedFile> {
  const files = await listAll(source);
  const [file] = files;
  if (file === undefined || files.length !== 1) throw new Error(`expected one file, found ${String(files.length)}`);
  return file;
}
