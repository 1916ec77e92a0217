/** One case among many on one bed: a folder of its own below the source, and keys that begin with its name, so that it has its own totals. */
import { mkdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestBed } from './test-bed';

export class CaseFolder {
  private constructor(
    private readonly bed: TestBed,
    readonly name: string,
  ) {}

  static async create(bed: TestBed, name: string): Promise<CaseFolder> {
    const folder = new CaseFolder(bed, name);
    await mkdir(folder.path(''), { recursive: true });
    return folder;
  }

  path(name: string): string {
    return join(this.bed.incoming, this.name, name);
  }

  /** Lines with this case's keys: `{a: 5}` is one line. */
  lines(values: Readonly<Record<string, number>>): string {
    return Object.entries(values)
      .map(([key, value]) => `${this.name}:${key} ${value}\n`)
      .join('');
  }

  /** Writes beside the place and renames, as a good emitter and rsync do. `modifiedAt`: as rsync keeps it. */
  async put(name: string, content: string, modifiedAt?: Date): Promise<void> {
    const staged = join(this.bed.folder, `staged-${this.name}-${name.replaceAll('/', '-')}`);
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(staged, content);
    if (modifiedAt !== undefined) await utimes(staged, modifiedAt, modifiedAt);
    await rename(staged, this.path(name));
  }

  /** The same bytes and modification time in another inode. */
  async replaceByCopy(name: string): Promise<void> {
    const before = await stat(this.path(name));
    await this.put(name, await readFile(this.path(name), 'utf8'), before.mtime);
    expect((await stat(this.path(name))).ino).not.toBe(before.ino);
  }

  /** Each generation in order of first sight, as `name: state or reason`. */
  async states(): Promise<string[]> {
    const own = (await this.bed.files()).filter(({ sourceKey }) => sourceKey.startsWith(`${this.name}/`));
    return own.map(({ sourceKey, state, reason }) => `${sourceKey.slice(this.name.length + 1)}: ${reason ?? state}`);
  }

  async sums(): Promise<Record<string, number>> {
    const prefix = `${this.name}:`;
    const own = [...(await this.bed.sums())].filter(([key]) => key.startsWith(prefix));
    return Object.fromEntries(own.map(([key, sum]) => [key.slice(prefix.length), Number(sum)]));
  }
}
