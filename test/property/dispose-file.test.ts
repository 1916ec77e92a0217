/**
 * A counted file is taken out of its directory while its writer replaces, removes and appends to it between any two steps, and while
 * attempts die at any step. Nothing that the writer did not destroy himself is ever lost, but the counted generation, when it was to be.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DisposeAction } from '../../src/core/disposal';
import { TallylineFailure } from '../../src/core/failures';
import { FileDisposal } from '../../src/sources/dispose-file';
import { FILE_CALLS, type FileCalls } from '../../src/sources/file-calls';
import { LocalDirectorySource } from '../../src/sources/local-directory';
import type { FileToOpen } from '../../src/sources/source';
import { findDisplaced } from '../../src/sources/trash-check';
import { seededRandom, runSeed } from '../helpers/seeded-random';

const CASES = Number(process.env['TALLYLINE_DISPOSALS'] ?? 250);
const KEY = 'deep/a.txt';
const signal = new AbortController().signal;

class Died extends Error {}

class World {
  readonly destroyed = new Set<string>();
  readonly written: string[] = [];
  readonly told: string[] = [];
  isAllowed = true;
  wasThereWhenRetracted = false;
  isRacing = true;

  constructor(
    readonly root: string,
    private readonly random: () => number,
  ) {
    mkdirSync(join(root, 'deep'), { recursive: true });
    this.write();
  }

  get path(): string {
    return join(this.root, KEY);
  }

  /** Between two steps. */
  private async happen(attempt: { isDead: boolean }, beside: () => Promise<unknown>): Promise<void> {
    if (attempt.isDead) throw new Died();
    if (!this.isRacing) return;
    const chance = this.random();
    if (chance < 0.15) this.write();
    else if (chance < 0.18) this.remove();
    else if (chance < 0.22 && existsSync(this.path)) appendFileSync(this.path, 'more\n');
    else if (chance < 0.25) await beside();
    else if (chance < 0.33) {
      this.told.push('dies');
      attempt.isDead = true;
      throw new Died();
    }
  }

  /** `isAlone`: no other worker is at the same file meanwhile. */
  async attempt(file: FileToOpen, action: DisposeAction, isAlone = false): Promise<string> {
    const own = { isDead: false };
    const beside = async () => (isAlone ? undefined : await this.attempt(file, action, true));
    const around = async (name: string, call: () => Promise<void>) => {
      await this.happen(own, beside);
      this.told.push(name);
      await call();
      await this.happen(own, beside);
    };
    const calls: FileCalls = {
      link: (from, to) => around('link', () => FILE_CALLS.link(from, to)),
      rename: (from, to) => around('rename', () => FILE_CALLS.rename(from, to)),
      unlink: (path) => around('unlink', () => FILE_CALLS.unlink(path)),
    };
    const source = new LocalDirectorySource({ kind: 'directory', sourceId: 's', root: this.root, include: ['**'], exclude: [] });
    const directory = { pathOf: (path: string) => join(this.root, path), look: (key: string) => source.look(key) };
    const confirm = async () => {
      await this.happen(own, beside);
      return this.isAllowed;
    };
    const outcome = await new FileDisposal(directory, file, action, calls).run({ begunPlace: null, confirm, signal }).then(
      (result) => result.outcome,
      (error: unknown) => {
        if (!(error instanceof TallylineFailure)) throw error;
        return error.code;
      },
    );
    this.told.push(outcome);
    return outcome;
  }

  /** First lines of all files below `folder`; what only a pin still holds is gone. */
  namesBelow(folder: string): string[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name !== 'pin')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n')[0]!);
  }

  /** What is not in the totals any more is not to be disposed of, whatever was begun. */
  retract(): void {
    this.isAllowed = false;
    this.told.push('retracted');
    this.wasThereWhenRetracted = this.namesBelow(this.root).includes(this.written[0]!);
  }

  private write(): void {
    this.noteDestroyed();
    const name = `content ${this.written.length}${'.'.repeat(this.written.length)}`;
    writeFileSync(join(this.root, '.new'), `${name}\n`);
    renameSync(join(this.root, '.new'), this.path);
    this.written.push(name);
    this.told.push('written');
  }

  private remove(): void {
    this.noteDestroyed();
    rmSync(this.path, { force: true });
    this.told.push('removed');
  }

  private noteDestroyed(): void {
    if (existsSync(this.path)) this.destroyed.add(readFileSync(this.path, 'utf8').split('\n')[0]!);
  }
}

async function play(root: string, random: () => number): Promise<string[]> {
  const world = new World(root, random);
  const trash = join(root, '.trash');
  const source = new LocalDirectorySource({ kind: 'directory', sourceId: 's', root, include: ['**'], exclude: [] });
  const file = (await source.look(KEY))!;
  const [counted] = world.written;
  const isOccupied = random() < 0.2;
  if (isOccupied) mkdirSync(join(trash, 'deep'), { recursive: true });
  if (isOccupied) writeFileSync(join(trash, KEY), 'foreign\n');
  const action: DisposeAction = random() < 0.5 ? { kind: 'move', to: trash } : { kind: 'delete', trash };
  if (random() < 0.1) world.retract();
  for (let attempts = Math.floor(random() * 4); attempts > 0; attempts -= 1) {
    await world.attempt(file, action);
    if (random() < 0.4 && world.isAllowed) world.retract();
  }
  world.isRacing = false;
  let last = '';
  // What the first of them finds of an attempt that died it ends; what cannot go back is told once.
  for (let attempt = 0; attempt < 2; attempt += 1) last = await world.attempt(file, action);

  const fail = (what: string) => {
    throw new Error(`${what}: ${action.kind}, ${world.told.join(', ')}`);
  };
  const moved = world.namesBelow(join(trash, 'deep'));
  const displaced = world.namesBelow(join(trash, 'tallyline-displaced'));
  const everywhere = world.namesBelow(root);
  if (world.namesBelow(join(trash, '.tallyline-held')).length > 0) fail('something is held for good');
  if (existsSync(join(trash, '.tallyline-held')) && readdirSync(join(trash, '.tallyline-held')).length > 0) fail('an empty hold is left');
  if (isOccupied !== moved.includes('foreign')) fail('something else in the trash is lost');
  if (moved.some((name) => name !== counted && name !== 'foreign')) fail('another generation was moved');
  if ((await findDisplaced(trash)).length !== displaced.length) fail('a file lost its name, and nobody is told');
  for (const name of world.written) {
    const isLost = !everywhere.includes(name) && !world.destroyed.has(name);
    if (isLost && name !== counted) fail(`${name} is lost`);
    if (isLost && (action.kind === 'move' || world.wasThereWhenRetracted)) fail('what was counted is lost');
  }
  if (last === 'not_disposed') fail('it does not come to an end');
  return world.told;
}

test('whatever races with it and wherever it dies, only the counted generation goes, and what is moved is never lost', async () => {
  const seed = runSeed();
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-dispose-'));
  const seen: Record<string, number> = {};
  try {
    for (let index = 0; index < CASES; index += 1) {
      const told = await play(join(folder, String(index)), random);
      for (const word of new Set(told)) seen[word] = (seen[word] ?? 0) + 1;
    }
  } catch (error) {
    throw new Error(`TALLYLINE_SEED=${seed} ${String(error)}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // The races were run, each of them.
  for (const word of ['dies', 'done', 'already', 'changed', 'vanished', 'occupied', 'withdrawn', 'file_displaced'])
    expect([word, seen[word] ?? 0]).not.toEqual([word, 0]);
}, 60_000);
