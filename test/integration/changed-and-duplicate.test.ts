/**
 * What happens to files on a real file system after they were counted: none of it bills anything twice.
 * Cases of one policy go through the same scans, each in a folder of its own: a scan between two steps, and one that finds nothing new.
 */
import { appendFile, copyFile, cp, rename, rm, stat, truncate, utimes } from 'node:fs/promises';
import { CaseFolder } from '../helpers/case-folder';
import { PIPELINE, TestBed } from '../helpers/test-bed';

interface Case {
  readonly title: string;
  /** Of its folder, and the beginning of its keys. */
  readonly name: string;
  readonly steps: readonly ((folder: CaseFolder) => Promise<unknown>)[];
  /** Every generation of the folder with its state or reason. */
  readonly states: readonly string[];
  readonly sums: Readonly<Record<string, number>>;
}

let bed: TestBed;

const put = (name: string, values: Readonly<Record<string, number>>) => (folder: CaseFolder) => folder.put(name, folder.lines(values));
const touch = (name: string) => (folder: CaseFolder) => utimes(folder.path(name), new Date(), new Date());

/** Each state of `names`, as `name: state`. */
const each = (names: readonly string[], ...states: readonly string[]) =>
  names.flatMap((name) => states.map((state) => `${name}: ${state}`)).sort();

function describeCases(title: string, policies: Record<string, unknown>, cases: readonly Case[]): void {
  describe(title, () => {
    const folders = new Map<string, CaseFolder>();

    beforeAll(async () => {
      bed = await TestBed.create({ pipeline: { policies } });
      await bed.startWorker();
      for (const { name } of cases) folders.set(name, await CaseFolder.create(bed, name));
      for (let step = 0; step < Math.max(...cases.map(({ steps }) => steps.length)); step += 1) {
        for (const { name, steps } of cases) await steps[step]?.(folders.get(name)!);
        expect(await bed.scan()).toMatchObject({ complete: true });
        await bed.untilDone(0);
      }
    });
    afterAll(async () => bed.destroy());

    test.each(cases)('$title', async ({ name, states, sums }) => {
      const folder = folders.get(name)!;
      expect((await folder.states()).sort()).toEqual([...states].sort());
      expect(await folder.sums()).toEqual(sums);
    });

    test('the next scan finds nothing new, and ledger, totals and contributions agree', async () => {
      expect(await bed.scan()).toMatchObject({ complete: true, registered: 0, started: 0 });
      expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
    });
  });
}

const VOLUME = ['below/three.txt', 'empty.txt', 'one.txt', 'two.txt'];

const restoredVolume = (how: string, name: string, preserveTimestamps: boolean): Case => ({
  title: `a volume that is restored ${how}, every inode new, holds aliases only`,
  name,
  steps: [
    async (folder) => {
      await folder.put('one.txt', folder.lines({ a: 1 }));
      await folder.put('two.txt', folder.lines({ a: 2 }));
      await folder.put('below/three.txt', folder.lines({ b: 3 }));
      await folder.put('empty.txt', '');
    },
    async (folder) => {
      const backup = `${bed.folder}/backup-${name}`;
      await rename(folder.path(''), backup);
      await cp(backup, folder.path(''), { recursive: true, preserveTimestamps });
    },
  ],
  states: each(VOLUME, 'in', 'alias'),
  sums: { a: 3, b: 3 },
});

describeCases('under the default policies', {}, [
  {
    title: 'a touched file is an alias of what the totals hold',
    name: 'touch',
    steps: [put('usage.txt', { a: 5, b: 7 }), touch('usage.txt'), touch('usage.txt')],
    states: ['usage.txt: in', 'usage.txt: alias', 'usage.txt: alias'],
    sums: { a: 5, b: 7 },
  },
  {
    title: 'a copy under another name is set aside as a duplicate',
    name: 'copy',
    steps: [put('usage.txt', { a: 5 }), (folder) => copyFile(folder.path('usage.txt'), folder.path('copy.txt'))],
    states: ['usage.txt: in', 'copy.txt: duplicate_content'],
    sums: { a: 5 },
  },
  {
    title: 'a file that rsync writes again, with its time kept, is an alias while its content is the same',
    name: 'rsync',
    steps: [put('usage.txt', { a: 5 }), (folder) => folder.replaceByCopy('usage.txt')],
    states: ['usage.txt: in', 'usage.txt: alias'],
    sums: { a: 5 },
  },
  {
    title: 'a file that rsync replaces by other content of the same size and time is set aside',
    name: 'rsync-other',
    steps: [
      put('usage.txt', { a: 5 }),
      async (folder) => {
        const { mtime, size } = await stat(folder.path('usage.txt'));
        await folder.put('usage.txt', folder.lines({ a: 6 }), mtime);
        expect((await stat(folder.path('usage.txt'))).size).toBe(size);
      },
    ],
    states: ['usage.txt: in', 'usage.txt: new_generation'],
    sums: { a: 5 },
  },
  restoredVolume('with its times', 'restored', true),
  restoredVolume('with new times', 'restored-anew', false),
  {
    title: 'a rotated log is a duplicate under its new name, and what is written under the old name is set aside',
    name: 'log',
    steps: [
      put('app.log', { a: 5 }),
      async (folder) => {
        await rename(folder.path('app.log'), folder.path('app.log.1'));
        await folder.put('app.log', folder.lines({ a: 70 }));
      },
    ],
    states: ['app.log.1: duplicate_content', 'app.log: in', 'app.log: new_generation'],
    sums: { a: 5 },
  },
  {
    title: 'files below a directory that was renamed are duplicates',
    name: 'directory',
    steps: [
      async (folder) => {
        await folder.put('monday/one.txt', folder.lines({ a: 1 }));
        await folder.put('monday/two.txt', folder.lines({ a: 2 }));
      },
      (folder) => rename(folder.path('monday'), folder.path('archive')),
    ],
    states: [...each(['archive/one.txt', 'archive/two.txt'], 'duplicate_content'), ...each(['monday/one.txt', 'monday/two.txt'], 'in')],
    sums: { a: 3 },
  },
  {
    title: 'a file that is appended to after it was counted is set aside, and stays in as it was',
    name: 'append',
    steps: [put('usage.txt', { a: 5 }), (folder) => appendFile(folder.path('usage.txt'), folder.lines({ a: 60 }))],
    states: ['usage.txt: in', 'usage.txt: new_generation'],
    sums: { a: 5 },
  },
  {
    title: 'a file that was empty when it was counted is counted once it is filled, and what is appended then is set aside',
    name: 'filled',
    steps: [
      (folder) => folder.put('usage.txt', ''),
      (folder) => appendFile(folder.path('usage.txt'), folder.lines({ a: 5 })),
      (folder) => appendFile(folder.path('usage.txt'), folder.lines({ a: 60 })),
    ],
    states: ['usage.txt: in', 'usage.txt: in', 'usage.txt: new_generation'],
    sums: { a: 5 },
  },
  {
    title: 'a log that is copied and truncated is a duplicate under its new name, and nothing under its old one',
    name: 'copy-truncate',
    steps: [
      put('app.log', { a: 5 }),
      async (folder) => {
        await copyFile(folder.path('app.log'), folder.path('app.log.1'));
        await truncate(folder.path('app.log'), 0);
      },
    ],
    states: ['app.log: in', 'app.log: new_generation', 'app.log.1: duplicate_content'],
    sums: { a: 5 },
  },
  {
    title: 'a file that is delivered again under its name is an alias, also after it was removed',
    name: 'again',
    steps: [put('usage.txt', { a: 5 }), put('usage.txt', { a: 5 }), (folder) => rm(folder.path('usage.txt')), put('usage.txt', { a: 5 })],
    states: ['usage.txt: in', 'usage.txt: alias', 'usage.txt: alias'],
    sums: { a: 5 },
  },
  {
    title: 'other content that is delivered under a counted name is set aside',
    name: 'other',
    steps: [put('usage.txt', { a: 5 }), put('usage.txt', { a: 5, b: 1 })],
    states: ['usage.txt: in', 'usage.txt: new_generation'],
    sums: { a: 5 },
  },
]);

describeCases('where a new generation supersedes', { changedFile: 'supersede' }, [
  {
    title: 'a touched file is an alias all the same',
    name: 'touch',
    steps: [put('usage.txt', { a: 5 }), touch('usage.txt')],
    states: ['usage.txt: in', 'usage.txt: alias'],
    sums: { a: 5 },
  },
  {
    title: 'a file that is appended to counts as a whole in place of what it was',
    name: 'append',
    steps: [put('usage.txt', { a: 5 }), (folder) => appendFile(folder.path('usage.txt'), folder.lines({ a: 60 }))],
    states: ['usage.txt: superseded', 'usage.txt: in'],
    sums: { a: 65 },
  },
  {
    title: 'other content replaces the old, and the old content, delivered again, replaces that in turn',
    name: 'other',
    steps: [
      put('usage.txt', { a: 5 }),
      put('usage.txt', { b: 7 }),
      async (folder) => {
        expect(await folder.sums()).toEqual({ b: 7 });
        await folder.put('usage.txt', folder.lines({ a: 5 }));
      },
    ],
    states: ['usage.txt: superseded', 'usage.txt: superseded', 'usage.txt: in'],
    sums: { a: 5 },
  },
  {
    title: 'the very generation that was superseded is set aside when it returns',
    name: 'returned',
    steps: [
      put('usage.txt', { a: 5 }),
      async (folder) => {
        await rename(folder.path('usage.txt'), `${bed.folder}/kept.txt`);
        await folder.put('usage.txt', folder.lines({ a: 7 }));
      },
      (folder) => rename(`${bed.folder}/kept.txt`, folder.path('usage.txt')),
    ],
    states: ['usage.txt: generation_returned', 'usage.txt: in'],
    sums: { a: 7 },
  },
]);

describeCases('where a new generation counts beside the old', { changedFile: 'count-new' }, [
  {
    title: 'a log that rotates counts every line once',
    name: 'log',
    steps: [
      put('app.log', { a: 5 }),
      async (folder) => {
        await rename(folder.path('app.log'), folder.path('app.log.1'));
        await folder.put('app.log', folder.lines({ a: 70 }));
      },
      async (folder) => {
        await rename(folder.path('app.log.1'), folder.path('app.log.2'));
        await rename(folder.path('app.log'), folder.path('app.log.1'));
        await folder.put('app.log', folder.lines({ a: 300 }));
      },
    ],
    states: [...each(['app.log', 'app.log', 'app.log'], 'in'), ...each(['app.log.1', 'app.log.1', 'app.log.2'], 'duplicate_content')],
    sums: { a: 375 },
  },
  {
    title: 'a file that is touched, or written again by rsync, still counts once',
    name: 'again',
    steps: [put('usage.txt', { a: 5 }), touch('usage.txt'), (folder) => folder.replaceByCopy('usage.txt')],
    states: ['usage.txt: in', 'usage.txt: alias', 'usage.txt: alias'],
    sums: { a: 5 },
  },
]);
