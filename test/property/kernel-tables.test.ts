/** What small generated files do not reach: tables that grow, keys of one hash, deep sorts, lines at the bounds of windows, batches and keys. */
import { DEFAULT_FORMAT } from '../../src/core/format';
import { iterateEncoded } from '../../src/core/entry-codec';
import type { DelimitedFormat } from '../../src/core/format';
import type { TotalsEntry } from '../../src/core/partial';
import { decodePartial } from '../../src/core/partial-codec';
import { createKernelCounter } from '../../src/kernel/kernel-counter';
import { useKernelFile } from '../../src/kernel/kernel-instance';
import { collidingLongKeys, collidingShortKeys } from '../helpers/colliding-keys';
import { assertAgreement } from '../helpers/kernel-agreement';
import { FEW_NUMBERS, KernelVariants } from '../helpers/kernel-variants';
import type { SourceChange } from '../helpers/kernel-variants';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();
/** So many of very many keys come twice. */
const REPEATED = 100_000;

/** Both counters of the whole file, in chunks of any size and alignment. */
function agree(text: string, format: DelimitedFormat = DEFAULT_FORMAT, crashRate = 0.02): void {
  const bytes = Buffer.from(text, 'latin1');
  // No multiple of 3: no reference among the workers, which would hide a planted defect.
  assertAgreement({ bytes, format, cuts: [], chunkBytesMax: 50_000, crashRate, chance: 3 * seed + 1 });
}

function linesOf(keys: readonly string[]): string {
  return keys.map((key, index) => `${key} ${index}\n`).join('');
}

/** The kernel's entries of a file that is fed piece by piece and never lies in memory as a whole. */
function* entriesOf(pieces: Iterable<Buffer>): Generator<TotalsEntry, void> {
  const split = { startOffset: 0, endOffset: Infinity };
  const counter = createKernelCounter({ format: DEFAULT_FORMAT, sizeBytes: Infinity, split, createHasher: null });
  try {
    for (const piece of pieces) counter.push(piece);
    counter.end();
    for (const piece of counter.entries().pieces()) yield* iterateEncoded(piece.slice());
  } finally {
    counter.close();
  }
}

// All keys of a file are of one length, so that they are sorted as their numbers are.
test.each([
  ['small numbers', '', 100_000, 900_000],
  ['numbers of seven digits', '', 1_000_000, 1_600_000],
  ['keys of 16 bytes that begin alike', 'consumer-', 1_000_000, 1_000_000],
  ['long keys', 'some-consumer-with-a-longer-name-', 1_000_000, 1_000_000],
])(
  '%s: about a million, through every size of the table, some twice',
  (_, start, first, keys) => {
    const lineOf = new Uint32Array(keys);
    for (let line = 0; line < keys; line++) lineOf[(line * 7919) % keys] = line;
    function* pieces(): Generator<Buffer, void> {
      for (let from = 0; from < keys + REPEATED; from += 10_000) {
        const lines = Array.from({ length: 10_000 }, (_, index) => `${start}${first + (((from + index) * 7919) % keys)} ${from + index}\n`);
        yield Buffer.from(lines.join(''));
      }
    }
    let place = 0;
    for (const { key, sum, count } of entriesOf(pieces())) {
      const line = lineOf[place]!;
      const [wantedSum, wantedCount] = line < REPEATED ? [BigInt(2 * line + keys), 2n] : [BigInt(line), 1n];
      if (sum !== wantedSum || count !== wantedCount || Buffer.compare(key, Buffer.from(`${start}${first + place}`)) !== 0)
        throw new Error(`entry ${place} is "${Buffer.from(key).toString()}": ${sum} of ${count}`);
      place++;
    }
    expect(place).toBe(keys);
  },
  60_000,
);

test('a kernel that counted many keys counts the next file as a new one does', () => {
  const many = Array.from({ length: 5000 }, (_, index) => `${'consumer-of-before-'.slice(0, (index % 3) * 10)}${index}`);
  agree(linesOf(many));
  agree(linesOf(many.slice(0, 10)));
  agree(linesOf([...many.slice(4000), ...many.slice(4990), ...many.slice(0, 10)]));
});

test('two counters at once keep their totals apart', () => {
  const texts = ['a 1\nb 2\n', 'a 10\nsome-key-of-more-than-16-bytes 20\n'];
  const options = texts.map((text) => ({
    format: DEFAULT_FORMAT,
    sizeBytes: text.length,
    split: { startOffset: 0, endOffset: text.length },
    createHasher: null,
  }));
  const counters = options.map((option) => createKernelCounter(option));
  for (let offset = 0; offset < Math.max(...texts.map(({ length }) => length)); offset += 5)
    counters.forEach((counter, index) => counter.push(Buffer.from(texts[index]!.slice(offset, offset + 5))));
  const sums = counters.map((counter) =>
    decodePartial(counter.encode()).entries.map(({ key, sum }) => `${Buffer.from(key).toString()}=${sum}`),
  );
  counters.forEach((counter) => counter.close());
  expect(sums).toEqual([
    ['a=1', 'b=2'],
    ['a=10', 'some-key-of-more-than-16-bytes=20'],
  ]);
});

test('keys of every length up to the longest and one more, in every field', () => {
  const random = seededRandom(seed);
  const lengths = Array.from({ length: 1025 }, (_, index) => index + 1);
  for (const [keyFields, valueField] of [
    [[1], 2],
    [[2], 1],
    [[3], 1],
    [[1, 3], 2],
    [[3, 2], 1],
  ] as const) {
    const format: DelimitedFormat = { ...DEFAULT_FORMAT, delimiter: { kind: 'byte', byte: 0x2c }, fieldCount: 3, keyFields, valueField };
    const lines = lengths.map((length) => {
      const key = 'key '.repeat(300).slice(0, length);
      const others = ['x', '', 'other'][Math.floor(random() * 3)]!;
      return [1, 2, 3]
        .map((field) => (field === valueField ? '1' : field === keyFields[0] ? key : keyFields.length > 1 ? 'joined' : others))
        .join(',');
    });
    agree(lines.map((line) => `${line}\n`).join(''), format);
  }
}, 60_000);

test('lines as long as a window and a few bytes around it', () => {
  for (const size of [512, 8192]) {
    for (let beside = -3; beside <= 3; beside++) {
      const line = `1 ${'0'.repeat(size + beside - 4)}7\n`;
      const field = `2 3 ${'x'.repeat(size + beside - 5)}\n`;
      const format = { ...DEFAULT_FORMAT, fieldCount: 3 };
      for (const text of [line, `1 1\n${line}1 1\n`, `${'1 1\n'.repeat(200)}${line.repeat(3)}`]) agree(text);
      for (const text of [field, `2 3 x\n${field}2 3 x\n`, `x\n${field.repeat(4)}`]) agree(text, format);
    }
  }
});

test('as many lines as a batch holds and a few around it, with a line that is none at any place', () => {
  for (const lines of [1, 127, 128, 129, 255, 256, 257]) {
    for (const odd of [0, 1, 126, 127, 128, 129, 254, 255, 256]) {
      const all = Array.from({ length: lines }, (_, index) => (index === odd ? 'odd\n' : `${index % 5} ${index}\n`));
      agree(all.join(''));
      agree(all.join('').replaceAll('odd\n', '\n\n'));
    }
  }
});

test('sums of 128 bits', () => {
  agree('max 9223372036854775807\n'.repeat(5000) + 'other 1\n');
  agree('min -9223372036854775808\n'.repeat(5000) + 'min 1\n'.repeat(10), { ...DEFAULT_FORMAT, allowNegative: true });
});

/** Also where they go on from the last bucket to the first. Found once, since that takes longer than to count them. */
const SHORT_KEYS_OF_ONE_HASH = [0n, 0x0123_4567_89ab_cdefn, 2n ** 64n - 1n].map((hash) => collidingShortKeys(hash, 40, seededRandom(seed)));
function countShortKeysOfOneHash(): void {
  for (const keys of SHORT_KEYS_OF_ONE_HASH) {
    agree(linesOf([...keys, ...keys]));
    // By the same kernel: what was beyond its table is still there.
    agree(linesOf(keys.slice(20)));
  }
}

function countLongKeysOfOneHash(): void {
  for (const where of ['first', 'last'] as const) {
    const keys = collidingLongKeys(where, 6, seededRandom(seed));
    agree(linesOf([...keys, ...keys]));
  }
}

function countKeysThatBeginEachOther(): void {
  const random = seededRandom(seed);
  const keys = Array.from({ length: 2000 }, (_, index) => `${'a'.repeat(index % 1000)}${index < 1000 ? 'b' : 'c'}`);
  for (let last = keys.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [keys[last], keys[other]] = [keys[other]!, keys[last]!];
  }
  agree(linesOf(keys));
}

/** More of them than the table has room for at first, whatever the chunks, so that what lies behind it moves; after a crash there would be room already. */
function countManyLongKeys(): void {
  agree(linesOf(Array.from({ length: 30_000 }, (_, index) => `consumer-of-a-longer-name-${(index * 7919) % 25_000}`)), DEFAULT_FORMAT, 0);
}

/** Held from the first byte on. */
function agreeOnNumbers(text: string): void {
  assertAgreement({ bytes: Buffer.from(text, 'latin1'), format: DEFAULT_FORMAT, cuts: [], chunkBytesMax: 50_000, crashRate: 0, chance: 4 });
}

/** A colon comes behind the nine, so that this key would be 20 if it were one. */
function countWhatIsNearlyANumber(): void {
  agreeOnNumbers('20 1\n'.repeat(100) + '1: 5\n' + '20 1\n'.repeat(100));
}

/** Of two parts next to each other, more than they hold. */
function countNumbersOfTwoParts(): void {
  const numbers = Array.from({ length: 20_000 }, (_, index) => `${100 + (index % 32)} ${index}\n`);
  agreeOnNumbers('a 1\nb 1\nc 1\nd 1\n' + numbers.join(''));
}

/** So many that some share a bucket and a tag. */
function countKeysOfOneHalf(): void {
  agree(linesOf(Array.from({ length: 60_000 }, (_, index) => `consumer${(index * 7919) % 50_000}`)));
}

test('different short keys of one hash are different keys', countShortKeysOfOneHash);
test('different long keys of one hash are different keys', countLongKeysOfOneHash);
test('keys of which each begins the next are sorted, deeper than levels are kept for', countKeysThatBeginEachOther);
test('long keys move what lies behind them', countManyLongKeys);
test('keys of one first half are different keys', countKeysOfOneHalf);
test('what is nearly a number is none', countWhatIsNearlyANumber);

/** Defects that no generated file meets. */
const MUTANTS: Readonly<Record<string, readonly [SourceChange | readonly SourceChange[], () => void]>> = {
  'the second half of a short key is not compared': [
    { file: 'table', after: 'function findShort', find: ' && load<u64>(entry, 8) == high', replace: '' },
    countKeysOfOneHalf,
  ],
  'a bucket behind the last is used': [
    { file: 'table', after: 'function nextBucket', find: '? TABLE : next', replace: '? next : next' },
    countShortKeysOfOneHash,
  ],
  'a long key is known by its hash': [
    { file: 'table', after: 'function isLongKey', find: 'return isSame(', replace: 'return true || isSame(' },
    countLongKeysOfOneHash,
  ],
  'the bytes of a long key beyond its first 16 are not compared': [
    { file: 'table', after: 'function isSame', find: 'offset < (length as usize)', replace: 'offset < 16' },
    countLongKeysOfOneHash,
  ],
  'a heap looks at one child only': [
    { file: 'sort', after: 'function siftDown', find: 'child + 1 < size', replace: 'false' },
    countKeysThatBeginEachOther,
  ],
  'a heap is not sorted': [{ file: 'sort', find: 'return sortByHeap(from, to, depth)', replace: 'return' }, countKeysThatBeginEachOther],
  'a key that begins with digits is a small number': [
    { file: 'numbers', find: 'if (digit > 9) return 0;', replace: '' },
    countWhatIsNearlyANumber,
  ],
  'records are put by where there is no room': [
    [...FEW_NUMBERS, { file: 'pairs', find: 'if (isWide) takeFullParts();', replace: '' }],
    countNumbersOfTwoParts,
  ],
  'long keys stay where they were': [
    { file: 'table', after: 'function reserve', find: 'memory.copy(keysAt, longKeysStart, longKeysBytes)', replace: '' },
    countManyLongKeys,
  ],
};

describe('planted defects', () => {
  const names = Object.keys(MUTANTS);
  let variants: KernelVariants;
  beforeAll(() => {
    variants = new KernelVariants(Object.fromEntries(names.map((name, index) => [String(index), [MUTANTS[name]![0]].flat()])));
  }, 60_000);
  afterAll(() => variants.remove());
  afterEach(() => useKernelFile());

  test.each(names)('found: %s', (name) => {
    useKernelFile(variants.path(String(names.indexOf(name))));
    expect(MUTANTS[name]![1]).toThrow();
  });
});
