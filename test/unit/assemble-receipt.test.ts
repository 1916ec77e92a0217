import { assembleReceipt } from '../../src/core/assemble-receipt';
import type { ReceiptInput } from '../../src/core/assemble-receipt';
import { DEFAULT_FORMAT } from '../../src/core/format';
import { judgeReceipt } from '../../src/core/judge-receipt';
import type { SplitAccounting } from '../../src/core/partial';
import type { Plan } from '../../src/core/plan';
import type { Receipt } from '../../src/core/receipt';

const bounds = [0, 10, 20, 30];
const splits = bounds.slice(1).map((endOffset, index) => ({ startOffset: bounds[index]!, endOffset }));
const plan: Plan = { grammarVersion: 1, format: DEFAULT_FORMAT, sizeBytes: 30, splits, periodRule: { kind: 'none' }, period: '' };

function accounting(firstOffset: number | null, nextOffset: number, change: Partial<SplitAccounting> = {}): SplitAccounting {
  const lines = firstOffset === null ? 0 : 2;
  return { firstOffset, nextOffset, bomBytes: 0, lines, records: lines, blanks: 0, rejects: {}, unterminatedLastLine: false, ...change };
}

/** A line from 8 to 22, so that the second split has none. */
const accountings = [accounting(0, 22), accounting(null, 10), accounting(22, 30)];

function assemble(change: Partial<ReceiptInput> = {}, counted: readonly SplitAccounting[] = accountings) {
  const partials = counted.map((one, splitIndex) => ({
    splitIndex,
    accounting: one,
    blockDigests: new Uint8Array(splitIndex === 0 ? 32 : 0).fill(9),
  }));
  return assembleReceipt({ plan, planDigest: 'p', partials, digest: (bytes) => Buffer.from(bytes).toString('hex'), ...change });
}

test('a complete count gives a receipt over all splits', () => {
  expect(assemble()).toEqual({
    kind: 'complete',
    receipt: {
      ...{ bytes: 30, lines: 4, records: 4, blanks: 0, rejected: 0, rejects: {}, bomBytes: 0, unterminatedLastLine: false, splits: 3 },
      ...{ contentDigest: '09'.repeat(32), planDigest: 'p', grammarVersion: 1 },
    },
  });
});

test('an empty file has an empty receipt', () => {
  expect(assemble({ plan: { ...plan, sizeBytes: 0, splits: [] } }, [])).toMatchObject({
    kind: 'complete',
    receipt: { bytes: 0, lines: 0, splits: 0 },
  });
});

test('splits that are not there are named', () => {
  expect(assemble({ partials: [] })).toEqual({ kind: 'incomplete', missingSplits: [0, 1, 2] });
});

test('samples of all splits are merged to the lowest ten', () => {
  const reject = (from: number) => ({
    value_syntax: { count: 8, samples: Array.from({ length: 8 }, (_, index) => ({ offset: from + index, bytes: Uint8Array.of(0xff) })) },
  });
  const counted = [
    accounting(0, 22, { lines: 10, rejects: reject(0) }),
    accountings[1]!,
    accounting(22, 30, { lines: 10, rejects: reject(22) }),
  ];
  const assembled = assemble({}, counted);
  const rejects = assembled.kind === 'complete' ? assembled.receipt.rejects : {};
  expect(rejects.value_syntax?.count).toBe(16);
  expect(rejects.value_syntax?.samples.map(({ offset, text }) => `${offset}${text}`)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 22, 23].map((offset) => `${offset}\\xff`),
  );
});

test.each([
  ['a gap between ranges', [accounting(0, 22), accountings[1]!, accounting(23, 30)]],
  ['an overlap', [accounting(0, 22), accountings[1]!, accounting(21, 30)]],
  ['a start that is not 0', [accounting(1, 22), accountings[1]!, accounting(22, 30)]],
  ['a BOM that is not passed over', [accounting(0, 22, { bomBytes: 3 }), accountings[1]!, accounting(22, 30)]],
  ['an end before the size', [accounting(0, 22), accountings[1]!, accounting(22, 29)]],
  ['nothing at all', [accounting(null, 0), accounting(null, 10), accounting(null, 20)]],
  ['a range that begins in another split', [accounting(0, 12), accounting(12, 30), accounting(30, 30)]],
  ['a checkpoint in place of a partial', [accounting(0, 8), accounting(8, 22), accounting(22, 30)]],
  ['lines that do not add up', [accounting(0, 22, { records: 1 }), accountings[1]!, accounting(22, 30)]],
  ['lines without a range', [accounting(0, 22), accounting(null, 10, { lines: 1, blanks: 1 }), accounting(22, 30)]],
])('%s breaks the receipt', (_name, counted) => {
  expect(assemble({}, counted).kind).toBe('broken');
});

test('a missing block digest, or a partial too many, breaks the receipt', () => {
  expect(assemble({ digestBlockBytes: 15 }).kind).toBe('broken');
  const partials = [0, 1, 2, 2].map((splitIndex) => ({
    splitIndex,
    accounting: accountings[splitIndex]!,
    blockDigests: new Uint8Array(splitIndex === 0 ? 32 : 0),
  }));
  expect(assemble({ partials }).kind).toBe('broken');
});

describe('a file that is decompressed', () => {
  const compressed: Plan = {
    ...plan,
    ...{ grammarVersion: 2, compression: { kind: 'gzip', plainBytesMax: 100 }, splits: [{ startOffset: 0, endOffset: 30 }] },
  };
  const assembleOne = (accounted: SplitAccounting, bytes: number | null, change: Partial<ReceiptInput> = {}) => {
    const digest = new Uint8Array(32).fill(0xab);
    const check = bytes === null ? {} : { plain: { bytes, digest } };
    const partials = [{ splitIndex: 0, accounting: accounted, blockDigests: new Uint8Array(32).fill(9), ...check }];
    return assemble({ plan: compressed, partials, ...change });
  };

  test('has a receipt that names its stored and its plain bytes', () => {
    expect(assembleOne(accounting(0, 70), 70)).toMatchObject({
      kind: 'complete',
      receipt: { bytes: 30, compression: 'gzip', plainBytes: 70, plainDigest: 'ab'.repeat(32), contentDigest: '09'.repeat(32), splits: 1 },
    });
    expect(assembleOne(accounting(3, 70, { bomBytes: 3 }), 70).kind).toBe('complete');
    expect(assembleOne(accounting(null, 0), 0).kind).toBe('complete');
  });

  test.each([
    ['whose plain bytes nobody counted', accounting(0, 30), null],
    ['that is accounted for only as far as its stored size', accounting(0, 30), 70],
    ['that is accounted for beyond its end', accounting(0, 71), 70],
    ['that is not accounted for from its start', accounting(1, 70), 70],
    ['with more plain bytes than its plan allows', accounting(0, 101), 101],
  ])('%s has none', (_name, accounted, bytes) => {
    expect(assembleOne(accounted, bytes).kind).toBe('broken');
  });

  test('has none without the digests of all its stored blocks, nor where its plan says that it is plain', () => {
    expect(assembleOne(accounting(0, 70), 70, { digestBlockBytes: 15 }).kind).toBe('broken');
    const asText = { ...plan, splits: compressed.splits };
    expect(assembleOne(accounting(0, 30), 30, { plan: asText }).kind).toBe('broken');
    expect(assembleOne(accounting(0, 30), null, { plan: asText }).kind).toBe('complete');
  });
});

describe('judgeReceipt', () => {
  const judge = (rejected: number, records: number, rejects: { maxCount?: number; maxRatio?: number }, unterminatedLastLine = false) =>
    judgeReceipt(
      {
        lines: 9,
        rejected,
        records,
        rejects: { value_syntax: { count: rejected, samples: [] } },
        unterminatedLastLine,
      } as unknown as Receipt,
      {
        rejects,
        unterminatedLastLine: 'quarantine',
      },
    )?.reason ?? null;

  test.each([
    [0, 0, {}, null],
    [1, 1_000_000, {}, 'reject_budget'],
    [5, 0, { maxCount: 5 }, null],
    [6, 0, { maxCount: 5 }, 'reject_budget'],
    [1, 99, { maxRatio: 0.01 }, null],
    [2, 98, { maxRatio: 0.01 }, 'reject_budget'],
    [1, 0, { maxRatio: 1 }, null],
    [1, 99, { maxCount: 0, maxRatio: 0.5 }, 'reject_budget'],
    [60, 40, { maxCount: 100, maxRatio: 0.5 }, 'reject_budget'],
  ] as const)('%d rejects and %d records under %j: %s', (rejected, records, rejects, reason) => {
    expect(judge(rejected, records, rejects)).toBe(reason);
  });

  test('an unterminated last line is set aside unless the policy counts it', () => {
    expect(judge(0, 1, {}, true)).toBe('unterminated_last_line');
    expect(judgeReceipt({ rejected: 0, unterminatedLastLine: true } as Receipt, { rejects: {}, unterminatedLastLine: 'count' })).toBeNull();
  });
});
