/** Kernels that are compiled from changed copies of src/kernel/wasm: with a defect that was planted, or with a smaller table. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SOURCES = resolve(__dirname, '../../src/kernel/wasm');
const COMPILER = resolve(__dirname, 'compile-kernels.mjs');

/** The first place of `find` at or behind the first of `after` becomes `replace`. */
export interface SourceChange {
  readonly file: string;
  readonly after?: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * So little room that small files fill it: a few keys, a few long ones, four records of a key. What has none goes into runs, which are
 * merged in the end.
 */
export const TIGHT_TABLE: readonly SourceChange[] = [
  { file: 'memory', find: 'ENTRIES_MAX: u32 = 12_000_000', replace: 'ENTRIES_MAX: u32 = 3' },
  { file: 'memory', find: 'LONG_KEYS_BYTES_MAX: usize = 256 << 20', replace: 'LONG_KEYS_BYTES_MAX: usize = 2112' },
  { file: 'table', find: 'COUNT_MAX: u64 = 0xffffffff', replace: 'COUNT_MAX: u64 = 3' },
];

/** Numbers of up to two digits are held at first, of three once the table has three keys, in parts that are soon full. */
export const FEW_NUMBERS: readonly SourceChange[] = [
  { file: 'memory', find: 'NUMBERS_MAX: u32 = 11_111_110', replace: 'NUMBERS_MAX: u32 = 1110' },
  { file: 'memory', find: 'NARROW_MAX: u32 = 1_111_110', replace: 'NARROW_MAX: u32 = 110' },
  { file: 'memory', find: 'PART_BITS: u32 = 18', replace: 'PART_BITS: u32 = 4' },
  { file: 'memory', find: 'PART_BYTES: usize = 0x50000', replace: 'PART_BYTES: usize = 0x440' },
  { file: 'parts', find: 'RESERVED_BYTES: usize = 0x10000', replace: 'RESERVED_BYTES: usize = 0x400' },
  { file: 'pairs', find: 'WINDOW_BYTES: usize = 0x8000', replace: 'WINDOW_BYTES: usize = 0x200' },
  { file: 'pair-line', find: 'KEY_DIGITS_MAX: usize = 7', replace: 'KEY_DIGITS_MAX: usize = 3' },
  { file: 'pair-line', find: 'KEY_DIGITS_AT_FIRST: usize = 6', replace: 'KEY_DIGITS_AT_FIRST: usize = 2' },
  { file: 'run', find: 'WIDE_FROM_ENTRIES: u32 = 1 << 20', replace: 'WIDE_FROM_ENTRIES: u32 = 3' },
  // An instance goes on all the same: to make thousands takes long.
  { file: 'index', find: 'narrowMax: u32 = NARROW_MAX', replace: 'narrowMax: u32 = 1110' },
];

/** A sort that keys cannot end, because a defect has made many of them alike, ends in a trap. */
const BOUNDED_SORT: SourceChange = { file: 'sort', find: '    depth++;', replace: '    if (++depth > 0x8000) unreachable();' };

export class KernelVariants {
  private readonly folder = mkdtempSync(join(tmpdir(), 'tallyline-kernels-'));

  /** The variants by name. Throws where a change finds nothing to change, or what it makes does not compile. */
  constructor(variants: Readonly<Record<string, readonly SourceChange[]>>) {
    for (const [name, changes] of Object.entries(variants)) {
      const target = join(this.folder, name);
      cpSync(SOURCES, target, { recursive: true });
      for (const change of [...changes, BOUNDED_SORT]) applyChange(target, name, change);
    }
    // All at once, which saves most of the time.
    execFileSync(process.execPath, [COMPILER, this.folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  }

  path(name: string): string {
    return join(this.folder, name, 'kernel.wasm');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** In the copy of src/kernel/wasm that lies in `folder`. */
export function applyChange(folder: string, name: string, { file, after = '', find, replace }: SourceChange): void {
  const path = join(folder, `${file}.ts`);
  const source = readFileSync(path, 'utf8');
  const from = source.indexOf(after);
  const place = from < 0 ? -1 : source.indexOf(find, from);
  if (place < 0) throw new Error(`${name}: src/kernel/wasm/${file}.ts has no "${find}"${after && ` behind "${after}"`}; say it anew`);
  writeFileSync(path, source.slice(0, place) + replace + source.slice(place + find.length));
}
