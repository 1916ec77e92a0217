import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { TallylineFailure } from '../../src/core/failures';
import { unescapeBytes } from '../../src/core/source-key';
import { openSource } from '../../src/sources/open-source';
import type { ListedFile, ListedPage, Source } from '../../src/sources/source';
import type { DirectorySourceOptions } from '../../src/sources/source-options';
import { runSeed, seededRandom } from '../helpers/seeded-random';
import { failure, listAll, readAll, sourceContract } from './source-contract';

const temporary: string[] = [];
const content = Buffer.from('7 881\n123 12345\n');
const isRoot = process.getuid?.() === 0;

function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tallyline-source-'));
  temporary.push(path);
  return path;
}

afterAll(() => {
  for (const path of temporary) rmSync(path, { recursive: true, force: true });
});

function openDirectory(root: string, more: Partial<DirectorySourceOptions> = {}): Source {
  return openSource({ kind: 'directory', sourceId: 'incoming', root, include: ['**/*'], exclude: [], ...more });
}

/** A root inside a directory of its own, with a way to write files by raw name. */
function prepareDirectory(more: Partial<DirectorySourceOptions> = {}) {
  const outside = temporaryDirectory();
  const root = join(outside, 'root');
  mkdirSync(root);
  const put = (name: string | Uint8Array, bytes: Uint8Array = content): void => {
    const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
    mkdirSync(path.subarray(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, bytes);
  };
  return { outside, root, put, source: openDirectory(root, more) };
}

async function keysOf(source: Source): Promise<string[]> {
  return (await listAll(source)).map((file) => file.sourceKey);
}

async function problemsOf(source: Source): Promise<string[]> {
  const problems: string[] = [];
  for await (const { problem } of source.list({ pageFiles: 1000 })) if (problem !== null) problems.push(problem);
  return problems;
}

async function onlyFile(source: Source): Promise<ListedFile> {
  const [file, ...others] = await listAll(source);
  if (file === undefined || others.length > 0) throw new Error('expected one file');
  return file;
}

const NO_PATHS = ['../a.txt', 'd/../../a.txt', '/etc/passwd', 'd//a.txt', '.', '', 'd/.', 'a\\x00b'];

sourceContract('directory', NO_PATHS, () => {
  const { outside, root, source } = prepareDirectory();
  let generation = 0;
  return Promise.resolve({
    source,
    put: async (sourceKey: string, bytes: Uint8Array) => {
      const target = join(root, sourceKey);
      const written = join(outside, `written-${String(generation++)}`);
      writeFileSync(written, bytes);
      mkdirSync(dirname(target), { recursive: true });
      renameSync(written, target);
    },
    remove: async (sourceKey: string) => rmSync(join(root, sourceKey)),
    loseRoot: async () => renameSync(root, join(outside, 'elsewhere')),
  });
});

describe('names', () => {
  const names: readonly (readonly [string, Buffer])[] = [
    ['spaces', Buffer.from(' a  b ')],
    ['a newline', Buffer.from('a\nb')],
    ['a tab and a carriage return', Buffer.from('a\tb\r')],
    ['a leading dash', Buffer.from('-rf')],
    ['a backslash', Buffer.from('a\\x41')],
    ['NFC', Buffer.from('caf\u00e9')],
    ['NFD', Buffer.from('cafe\u0301')],
    ['an emoji', Buffer.from('🧮.txt')],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x41])],
    ['a cut UTF-8 sequence', Buffer.from([0x41, 0xc3])],
    ['glob characters', Buffer.from('a[1]{b}*?!(c)')],
    ['quotes and dollars', Buffer.from(`'"$HOME`)],
    ['255 bytes', Buffer.alloc(255, 'n')],
  ];

  test.each(names)('%s survive listing, looking, opening and reading', async (_, name) => {
    const { put, source } = prepareDirectory();
    put(Buffer.concat([Buffer.from('d/'), name]));
    const file = await onlyFile(source);
    expect(Buffer.from(unescapeBytes(file.sourceKey))).toEqual(Buffer.concat([Buffer.from('d/'), name]));
    expect(await source.look(file.sourceKey)).toEqual(file);
    expect(await readAll(source, file)).toEqual(content);
  });

  test('all of them in one directory are different files, in byte order', async () => {
    const { put, source } = prepareDirectory();
    for (const [, name] of names) put(name);
    const listed = (await keysOf(source)).map((key) => Buffer.from(unescapeBytes(key)));
    expect(listed).toEqual(names.map(([, name]) => name).sort(Buffer.compare));
  });
});

describe('what is listed', () => {
  test('globs choose by the path below the root; names with a dot stay out', async () => {
    const { put, root } = prepareDirectory();
    for (const name of ['a.txt', 'a.tmp', 'd/b.txt', 'd/.c.txt', '.h/d.txt', 'old/e.txt', 'old/deep/f.txt']) put(name);
    expect(await keysOf(openDirectory(root))).toEqual(['a.tmp', 'a.txt', 'd/b.txt', 'old/deep/f.txt', 'old/e.txt']);
    expect(await keysOf(openDirectory(root, { include: ['**/*.txt'], exclude: ['old/**'] }))).toEqual(['a.txt', 'd/b.txt']);
    expect(await keysOf(openDirectory(root, { include: ['*.txt'] }))).toEqual(['a.txt']);
    expect(await keysOf(openDirectory(root, { include: ['**/.*'] }))).toEqual(['d/.c.txt']);
    expect(await keysOf(openDirectory(root, { include: ['.h/**', '.h/d.txt'] }))).toEqual([]);
    expect(await keysOf(openDirectory(root, { exclude: ['*'] }))).toEqual(['d/b.txt', 'old/deep/f.txt', 'old/e.txt']);
  });

  test('a done marker that is older than its file does not mark it', async () => {
    const { put, root, source } = prepareDirectory({ doneMarker: '.done' });
    for (const name of ['a.txt', 'a.txt.done']) put(name);
    utimesSync(join(root, 'a.txt.done'), 1_000, 1_000);
    expect((await listAll(source)).map(({ isMarkedDone }) => isMarkedDone)).toEqual([false]);
    expect((await source.look('a.txt'))?.isMarkedDone).toBe(false);
  });

  test('a manifest beside a file is told with it and is not listed', async () => {
    const { put, root, source } = prepareDirectory({ manifestSuffix: '.manifest.json', doneMarker: '.done' });
    for (const name of ['a.txt', 'b.txt', 'sub/b.txt', 'b.txt.done']) put(name);
    put('b.txt.manifest.json', Buffer.from('{}'));
    put('gone.txt.manifest.json', Buffer.from('{}'));
    const files = await listAll(source);
    expect(files.map((file) => file.sourceKey)).toEqual(['a.txt', 'b.txt', 'sub/b.txt']);
    expect(files.map(({ manifest }) => manifest?.sourceKey)).toEqual([undefined, 'b.txt.manifest.json', undefined]);
    expect(files[1]).toMatchObject({ isMarkedDone: true, manifest: { sizeBytes: 2, generation: expect.any(String) as string } });
    expect(await source.look('b.txt')).toEqual(files[1]);
    // After the manifest in byte order: still told with the file that it lies beside.
    expect((await listAll(source, 1, 'a.txt'))[0]).toEqual(files[1]);
    const manifest = files[1]!.manifest!;
    expect(String(await readAll(source, { ...manifest, isMarkedDone: false }))).toBe('{}');
    writeFileSync(join(root, 'b.txt.manifest.json'), '{"bytes":1}');
    const [changed] = (await listAll(source)).filter(({ sourceKey }) => sourceKey === 'b.txt');
    expect(changed?.manifest?.generation).not.toBe(manifest.generation);
    expect(changed?.generation).toBe(files[1]!.generation);
  });

  test('batch manifests are listed apart from files, on the page where they lie', async () => {
    const { put, source } = prepareDirectory({ batchManifests: 'm/*.json', manifestSuffix: '.manifest.json', exclude: ['**/*.json'] });
    for (const name of ['a.txt', 'm/one.manifest.json', 'm/two.json', 'm/note.txt', 'z.txt']) put(name);
    const pages: ListedPage[] = [];
    for await (const page of source.list({ pageFiles: 2 })) pages.push(page);
    const keys = pages.map(({ files, batchManifests }) => [files, batchManifests].map((list) => list.map(({ sourceKey }) => sourceKey)));
    expect(keys).toEqual([
      [['a.txt', 'm/note.txt'], []],
      [[], ['m/one.manifest.json', 'm/two.json']],
      [['z.txt'], []],
    ]);
    expect(['m/one.json', 'x.manifest.json', 'sub/x.manifest.json', 'a.txt', 'one.json'].map((key) => source.isManifest(key))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test('a done marker marks its file and is not listed', async () => {
    const { put, source } = prepareDirectory({ doneMarker: '.done' });
    for (const name of ['a.txt', 'a.txt.done', 'd/b.txt', 'c.done']) put(name);
    const marked = (await listAll(source)).map((file) => [file.sourceKey, file.isMarkedDone]);
    expect(marked).toEqual([
      ['a.txt', true],
      ['d/b.txt', false],
    ]);
    expect((await source.look('a.txt'))?.isMarkedDone).toBe(true);
    expect((await source.look('d/b.txt'))?.isMarkedDone).toBe(false);
  });

  test('hard links are files of their own', async () => {
    const { put, root, source } = prepareDirectory();
    put('a.txt');
    linkSync(join(root, 'a.txt'), join(root, 'b.txt'));
    const files = await listAll(source);
    expect(files.map((file) => file.sourceKey)).toEqual(['a.txt', 'b.txt']);
    for (const file of files) expect(await readAll(source, file)).toEqual(content);
  });

  test('FIFOs, sockets, devices and links of every kind are not', async () => {
    const { outside, put, root, source } = prepareDirectory();
    put('a.txt');
    writeFileSync(join(outside, 'secret'), content);
    execFileSync('mkfifo', [join(root, 'fifo')]);
    symlinkSync('a.txt', join(root, 'link-to-file'));
    symlinkSync('/dev/zero', join(root, 'link-to-device'));
    symlinkSync(outside, join(root, 'link-out'));
    symlinkSync('.', join(root, 'loop'));
    symlinkSync('nowhere', join(root, 'dangling'));
    expect(await keysOf(source)).toEqual(['a.txt']);
    for (const key of ['fifo', 'link-to-file', 'link-to-device', 'link-out', 'link-out/secret', 'loop/a.txt', 'dangling']) {
      expect(await source.look(key)).toBeNull();
      await expect(source.open({ sourceKey: key, generation: 'any', sizeBytes: 1 })).rejects.toEqual(failure('vanished'));
    }
  });

  test('a directory swapped for a link between list and open gives nothing away', async () => {
    const { outside, put, root, source } = prepareDirectory();
    put('d/a.txt');
    const file = await onlyFile(source);
    renameSync(join(root, 'd'), join(outside, 'moved'));
    symlinkSync(join(outside, 'moved'), join(root, 'd'));
    // The same inode, size and time: only the place differs.
    await expect(source.open(file)).rejects.toEqual(failure('vanished'));
    expect(await keysOf(source)).toEqual([]);
  });

  test('the root itself may be a link', async () => {
    const { outside, put, root } = prepareDirectory();
    put('d/a.txt');
    symlinkSync(root, join(outside, 'link'));
    const source = openDirectory(join(outside, 'link'));
    expect(await readAll(source, await onlyFile(source))).toEqual(content);
  });
});

describe('files that change', () => {
  const changes: readonly (readonly [string, 'changed' | 'vanished', (path: string) => void])[] = [
    ['grows', 'changed', (path) => writeFileSync(path, 'more\n', { flag: 'a' })],
    ['is truncated', 'changed', (path) => truncateSync(path, 3)],
    ['is truncated to nothing', 'changed', (path) => truncateSync(path, 0)],
    ['is overwritten in place with as many bytes', 'changed', (path) => writeFileSync(path, 'x'.repeat(content.length))],
    ['is touched', 'changed', (path) => utimesSync(path, 1, 1)],
    [
      'is replaced by a rename of as many bytes of the same time',
      'changed',
      (path) => {
        writeFileSync(`${path}.new`, content);
        utimesSync(`${path}.new`, 1000, 1000);
        renameSync(`${path}.new`, path);
      },
    ],
    ['is removed', 'vanished', (path) => rmSync(path)],
    ['is renamed', 'vanished', (path) => renameSync(path, `${path}.old`)],
    [
      'becomes a link to itself elsewhere',
      'vanished',
      (path) => {
        renameSync(path, `${path}.old`);
        symlinkSync(`${path}.old`, path);
      },
    ],
    [
      'becomes a directory',
      'vanished',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ];

  test.each(changes)('one that %s between open and verify is %s', async (_, code, change) => {
    const { put, root, source } = prepareDirectory();
    put('a.txt');
    utimesSync(join(root, 'a.txt'), 1000, 1000);
    const opened = await source.open(await onlyFile(source));
    change(join(root, 'a.txt'));
    await expect(opened.verify()).rejects.toEqual(failure(code));
    await opened.close();
  });

  test.each(changes)('one that %s between list and open is %s', async (_, code, change) => {
    const { put, root, source } = prepareDirectory();
    put('a.txt');
    utimesSync(join(root, 'a.txt'), 1000, 1000);
    const listed = await onlyFile(source);
    change(join(root, 'a.txt'));
    await expect(source.open(listed)).rejects.toEqual(failure(code));
  });

  test('a read beyond a truncation is changed, and growth is never read', async () => {
    const { put, root, source } = prepareDirectory();
    put('a.txt');
    const opened = await source.open(await onlyFile(source));
    const target = Buffer.alloc(100);
    writeFileSync(join(root, 'a.txt'), 'more\n', { flag: 'a' });
    expect(await opened.read(0, target)).toBe(content.length);
    truncateSync(join(root, 'a.txt'), 3);
    await expect(opened.read(3, target)).rejects.toEqual(failure('changed'));
    await opened.close();
  });
});

describe('the root', () => {
  test('one that is no directory, or does not exist, is unavailable', async () => {
    const { put, root } = prepareDirectory();
    put('a.txt');
    await expect(openDirectory(join(root, 'a.txt')).probe()).rejects.toEqual(failure('source_unavailable'));
    await expect(openDirectory(join(root, 'b')).probe()).rejects.toEqual(failure('source_unavailable'));
  });

  test('one without its marker is unavailable, and no file of it is judged', async () => {
    const { put, root } = prepareDirectory();
    for (const name of ['.mounted', 'a.txt']) put(name);
    const source = openDirectory(root, { rootMarker: '.mounted', include: ['**/*', '.*'] });
    const file = await onlyFile(source);
    rmSync(join(root, '.mounted'));
    rmSync(join(root, 'a.txt'));
    await expect(source.probe()).rejects.toEqual(failure('source_unavailable'));
    await expect(source.open(file)).rejects.toEqual(failure('source_unavailable'));
    await expect(listAll(source)).rejects.toEqual(failure('source_unavailable'));
  });

  test('another directory in its place is unavailable, also for a source that is opened later in this process', async () => {
    const { outside, put, root, source } = prepareDirectory();
    put('a.txt');
    const file = await onlyFile(source);
    renameSync(root, join(outside, 'elsewhere'));
    mkdirSync(root);
    await expect(source.open(file)).rejects.toEqual(failure('source_unavailable'));
    await expect(openDirectory(root).open(file)).rejects.toEqual(failure('source_unavailable'));
  });

  test('with a marker another directory in its place is fine', async () => {
    const { outside, put, root } = prepareDirectory();
    put('.mounted');
    const source = openDirectory(root, { rootMarker: '.mounted' });
    await source.probe();
    renameSync(root, join(outside, 'elsewhere'));
    put('.mounted');
    await source.probe();
  });
});

describe('permissions', () => {
  /** root reads everything, so it works as another user meanwhile. */
  async function asOther(work: () => Promise<void>): Promise<void> {
    if (!isRoot) return work();
    process.seteuid?.(65534);
    try {
      await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  test('a file that may not be read is unreadable, while the others are fine', async () => {
    const { outside, put, root, source } = prepareDirectory();
    for (const name of ['a.txt', 'b.txt']) put(name);
    chmodSync(outside, 0o755);
    chmodSync(join(root, 'a.txt'), 0);
    const [first, second] = await listAll(source);
    if (first === undefined || second === undefined) throw new Error('expected two files');
    await asOther(async () => {
      await expect(source.open(first)).rejects.toEqual(failure('unreadable'));
      expect(await readAll(source, second)).toEqual(content);
    });
  });

  test('a directory that may not be read is named, while everything around it is listed; an excluded one is not looked at', async () => {
    const { outside, put, root, source } = prepareDirectory();
    for (const name of ['a.txt', 'lost+found/a.txt', 'z.txt']) put(name);
    chmodSync(outside, 0o755);
    chmodSync(join(root, 'lost+found'), 0);
    await asOther(async () => {
      expect(await keysOf(source)).toEqual(['a.txt', 'z.txt']);
      expect(await problemsOf(source)).toEqual(['the directory "lost+found" is not readable (EACCES)']);
      expect(await problemsOf(openDirectory(root, { exclude: ['lost+found/**'] }))).toEqual([]);
      await expect(source.look('lost+found/a.txt')).rejects.toEqual(failure('unreadable'));
      expect(await keysOf(openDirectory(root, { exclude: ['lost+found/**'] }))).toEqual(['a.txt', 'z.txt']);
    });
    chmodSync(join(root, 'lost+found'), 0o755);
  });
});

describe('a long walk', () => {
  test('hands out pages without a file when its time is up, and goes on after each, forwards only', async () => {
    const { put, root, source } = prepareDirectory();
    for (let index = 10; index < 40; index += 1) mkdirSync(join(root, `empty-${index}/deep`), { recursive: true });
    put('z/a.txt');
    const cursors: string[] = [];
    for (let cursor: string | undefined; ;) {
      const pages = source.list({ pageFiles: 1000, pageMs: 0, cursor })[Symbol.asyncIterator]();
      const page = await pages.next();
      await pages.return?.();
      if (page.done) break;
      cursor = page.value.cursor;
      cursors.push(cursor);
    }
    expect(cursors).toEqual([...cursors].sort());
    expect(new Set(cursors).size).toBe(cursors.length);
    expect(cursors.slice(-2)).toEqual(['z', 'z/a.txt']);
  });

  test('a page ends only where its cursor is short, and longer keys are in it all the same', async () => {
    const { put, source } = prepareDirectory();
    const folder = ['p', 'q', 'r', 's', 't'].map((letter) => letter.repeat(220)).join('/');
    for (const name of ['a.txt', `${folder}/1.txt`, `${folder}/2.txt`, 'z.txt']) put(name);
    const pages: ListedPage[] = [];
    for await (const page of source.list({ pageFiles: 1 })) pages.push(page);
    expect(pages.map(({ files }) => files.length)).toEqual([1, 3]);
    expect(pages.map(({ cursor }) => cursor)).toEqual(['a.txt', 'z.txt']);
  });
});

describe('random trees', () => {
  test('no link leads out of 1,000 random trees', async () => {
    const base = temporaryDirectory();
    mkdirSync(join(base, 'secrets'));
    writeFileSync(join(base, 'secrets', 'secret.txt'), 'secret');
    const random = seededRandom(runSeed());
    let links = 0;
    let files = 0;
    for (let round = 0; round < 1000; round++) {
      const root = join(base, `root-${String(round)}`);
      const tree = growTree(root, base, random);
      links += tree.links.length;
      files += tree.files.length;
      const source = openDirectory(root);
      const listed = await listAll(source, 3);
      expect(listed.map((file) => file.sourceKey).sort()).toEqual([...tree.files].sort());
      const keys = tree.links.flatMap((link) => [link, `${link}/secret.txt`, `${link}/f0`]);
      const looks = await Promise.all(keys.map((key) => source.look(key)));
      expect(looks.filter((file) => file !== null)).toEqual([]);
      const opens = await Promise.allSettled(
        keys.filter(() => random() < 0.3).map((sourceKey) => source.open({ sourceKey, generation: 'any', sizeBytes: 6 })),
      );
      expect(opens.filter((open) => open.status !== 'rejected' || (open.reason as TallylineFailure).code !== 'vanished')).toEqual([]);
      rmSync(root, { recursive: true });
    }
    expect(links).toBeGreaterThan(1000);
    expect(files).toBeGreaterThan(1000);
  }, 120_000);
});

/** A few directories, files and links that point out, up, in circles, or at files of the tree. */
function growTree(root: string, base: string, random: () => number): { files: string[]; links: string[] } {
  const directories = [''];
  const files: string[] = [];
  const links: string[] = [];
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  mkdirSync(root);
  for (let index = 0; index < 8; index++) {
    const parent = pick(directories);
    const path = (name: string): string => (parent === '' ? name : `${parent}/${name}`);
    const kind = random();
    if (kind < 0.3) {
      mkdirSync(join(root, path(`d${String(index)}`)));
      directories.push(path(`d${String(index)}`));
    } else if (kind < 0.65) {
      writeFileSync(join(root, path(`f${String(index)}`)), 'x');
      files.push(path(`f${String(index)}`));
    } else {
      const targets = [
        base,
        join(base, 'secrets'),
        join(base, 'secrets/secret.txt'),
        '..',
        '../..',
        '.',
        '/',
        '/etc/passwd',
        root,
        'f0',
        `l${String(index)}`,
      ];
      symlinkSync(pick(targets), join(root, path(`l${String(index)}`)));
      links.push(path(`l${String(index)}`));
    }
  }
  if (links.length > 0) lutimesSync(join(root, pick(links)), 1, 1);
  return { files, links };
}
