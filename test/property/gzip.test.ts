/** What counting reads of gzip files, against gzip itself: on whole files the same, and never more than it on damaged ones. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isContentFault } from '../../src/core/content-fault';
import { gunzipAll, gzipMember, type MemberOptions } from '../helpers/gzip-files';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const WHOLE_FILES = 40;
const DAMAGED_FILES = 210;
const random = seededRandom(runSeed());
const below = (limit: number): number => Math.floor(random() * limit);
const oneOf = <Value>(values: readonly Value[]): Value => values[below(values.length)]!;

function randomMember(): { readonly plain: Buffer; readonly stored: Buffer } {
  const lines = Array.from({ length: oneOf([0, 1, 5, 300, 3_000]) }, () => `${below(50)} ${below(1e6)}\n`);
  const plain = oneOf([() => Buffer.from(lines.join('')), () => Buffer.from(Array.from({ length: below(400) }, () => below(256)))])();
  const options: MemberOptions = {
    level: oneOf([0, 1, 6, 9]),
    ...(random() < 0.3 && { extra: Buffer.alloc(below(300), 7) }),
    ...(random() < 0.3 && { name: 'x'.repeat(below(100)) }),
    ...(random() < 0.3 && { comment: 'y'.repeat(below(100)) }),
    hasHeaderChecksum: random() < 0.3,
  };
  return { plain, stored: gzipMember(plain, options) };
}

function randomFile(): { readonly plain: Buffer; readonly stored: Buffer } {
  const members = Array.from({ length: 1 + below(4) }, randomMember);
  return { plain: Buffer.concat(members.map(({ plain }) => plain)), stored: Buffer.concat(members.map(({ stored }) => stored)) };
}

/** One shell for all of them. Null: gzip refuses it, or warns that it left something out; of zeros behind the last member only with -v. */
function readByGzip(stored: readonly Buffer[]): (Buffer | null)[] {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-gzip-'));
  try {
    for (const [index, bytes] of stored.entries()) writeFileSync(join(folder, `${index}.gz`), bytes);
    const script = `for n in $(seq 0 ${stored.length - 1}); do gzip -dcv $n.gz > $n.out 2> /dev/null; echo $?; done`;
    const { stdout, error } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
    if (error) throw error;
    const statuses = stdout.trim().split('\n');
    expect(statuses).toHaveLength(stored.length);
    return statuses.map((status, index) => (status === '0' ? readFileSync(join(folder, `${index}.out`)) : null));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function readByTallyline(stored: Buffer): Promise<Buffer | null> {
  // Some files byte by byte, as long as that does not take long.
  const readBytesMax = Math.max(oneOf([1, 7, 65_536]), Math.ceil(stored.length / 50));
  return await gunzipAll(stored, () => 1 + below(readBytesMax)).catch((error: unknown) => {
    if (isContentFault(error)) return null;
    throw error;
  });
}

test(`${WHOLE_FILES} files of random members are read as gzip reads them`, async () => {
  const files = Array.from({ length: WHOLE_FILES }, randomFile);
  for (const { plain, stored } of files) expect((await readByTallyline(stored))?.equals(plain)).toBe(true);
  const expected = readByGzip(files.map(({ stored }) => stored));
  expect(files.map(({ plain }, index) => expected[index]?.equals(plain))).toEqual(files.map(() => true));
}, 30_000);

const damages: Readonly<Record<string, (stored: Buffer) => Buffer>> = {
  cut: (stored) => stored.subarray(0, below(stored.length)),
  'with a bit flipped': (stored) => {
    const flipped = Buffer.from(stored);
    flipped[below(stored.length)]! ^= 1 << below(8);
    return flipped;
  },
  'with bytes missing': (stored) => {
    const from = below(stored.length);
    return Buffer.concat([stored.subarray(0, from), stored.subarray(from + 1 + below(20))]);
  },
  'with bytes twice': (stored) => {
    const from = below(stored.length);
    const end = from + 1 + below(20);
    return Buffer.concat([stored.subarray(0, end), stored.subarray(from)]);
  },
  'with bytes overwritten': (stored) => {
    const from = below(stored.length);
    return Buffer.concat([stored.subarray(0, from), Buffer.alloc(Math.min(8, stored.length - from)), stored.subarray(from + 8)]);
  },
  'with garbage behind': (stored) => Buffer.concat([stored, Buffer.from(Array.from({ length: 1 + below(30) }, () => below(256)))]),
  'with zeros behind': (stored) => Buffer.concat([stored, Buffer.alloc(1 + below(1000))]),
};

test(`${DAMAGED_FILES} damaged files: whatever gzip refuses or warns about is refused, and what is read is what gzip reads`, async () => {
  const names = Object.keys(damages);
  const refused = new Map(names.map((name) => [name, 0]));
  const files = Array.from({ length: DAMAGED_FILES }, (_, index) => {
    const { plain, stored } = randomFile();
    const name = names[index % names.length]!;
    return { name, plain, damaged: damages[name]!(stored) };
  });
  const byGzip = readByGzip(files.map(({ damaged }) => damaged));
  for (const [index, { name, plain, damaged }] of files.entries()) {
    const [found, expected] = [await readByTallyline(damaged), byGzip[index] ?? null];
    if (found === null) refused.set(name, refused.get(name)! + 1);
    const isSame = found === null ? expected === null : expected !== null && found.equals(expected);
    expect({ name, isSame, damaged: isSame ? '' : damaged.toString('base64') }).toEqual({ name, isSame: true, damaged: '' });
    if (found !== null && name === 'with a bit flipped') expect(found.equals(plain)).toBe(true);
  }
  for (const [name, times] of refused) expect([name, times > DAMAGED_FILES / names.length / 3]).toEqual([name, true]);
}, 30_000);
