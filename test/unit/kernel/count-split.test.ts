import { TallylineFailure } from '../../../src/core/failures';
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT } from '../../../src/core/format';
import type { SplitPartial } from '../../../src/core/partial';
import { decodePartial } from '../../../src/core/partial-codec';
import type { Plan } from '../../../src/core/plan';
import { countSplit } from '../../../src/kernel/count-split';
import type { CountSplitOptions } from '../../../src/kernel/count-options';
import type { OpenFile } from '../../../src/sources/source';

const bytes = Buffer.from(Array.from({ length: 2000 }, (_, index) => `${index % 7} ${index}\n`).join(''));
const middle = 9000;
const plan: Plan = {
  grammarVersion: 1,
  format: DEFAULT_FORMAT,
  sizeBytes: bytes.length,
  splits: [
    { startOffset: 0, endOffset: middle },
    { startOffset: middle, endOffset: bytes.length },
  ],
  periodRule: { kind: 'none' },
  period: '',
};

/** Gives at most `readBytesMax` a read, and says what was asked of it. */
class MemoryFile implements OpenFile {
  readonly asked: string[] = [];
  constructor(private readonly readBytesMax: number) {}

  async read(offset: number, target: Uint8Array): Promise<number> {
    this.asked.push('read');
    return bytes.copy(target, 0, offset, Math.min(offset + target.length, offset + this.readBytesMax));
  }
  async verify(): Promise<void> {
    this.asked.push('verify');
  }
  async close(): Promise<void> {
    this.asked.push('close');
  }
}

function optionsOf(change: Partial<CountSplitOptions> = {}): CountSplitOptions {
  const never = { checkpointBytes: Infinity, checkpointIntervalMs: Infinity, onCheckpoint: () => undefined };
  return { source: new MemoryFile(Infinity), plan, splitIndex: 0, signal: new AbortController().signal, ...never, ...change };
}

test('short reads give the same partial as long ones', async () => {
  for (const splitIndex of [0, 1]) {
    const whole = await countSplit(optionsOf({ splitIndex }));
    const short = await countSplit(optionsOf({ splitIndex, source: new MemoryFile(7) }));
    expect(short.blob).toEqual(whole.blob);
  }
});

test('the file is verified before the first read and after the last', async () => {
  const source = new MemoryFile(Infinity);
  await countSplit(optionsOf({ source }));
  expect([source.asked[0], source.asked.at(-1)]).toEqual(['verify', 'verify']);
});

test('a file that changed while it was read gives no partial', async () => {
  const source = new MemoryFile(Infinity);
  let verified = 0;
  source.verify = async () => {
    if (++verified === 2) throw new TallylineFailure('changed', 'it changed');
  };
  await expect(countSplit(optionsOf({ source }))).rejects.toMatchObject({ code: 'changed' });
});

test('checkpoints come by bytes, each with more than the last, and any of them can be resumed', async () => {
  const checkpoints: SplitPartial[] = [];
  const whole = await countSplit(optionsOf({ checkpointBytes: 1000, onCheckpoint: (blob) => checkpoints.push(decodePartial(blob)) }));
  const offsets = checkpoints.map(({ accounting }) => accounting.nextOffset);
  expect(offsets.length).toBeGreaterThanOrEqual(7);
  expect([...new Set(offsets)].sort((left, right) => left - right)).toEqual(offsets);
  for (const resume of checkpoints) {
    const resumed = await countSplit(optionsOf({ resume }));
    expect(resumed.blob).toEqual(whole.blob);
  }
});

test('checkpoints come by time', async () => {
  let nowMs = 0;
  const offsets: number[] = [];
  const onCheckpoint = (_: Uint8Array, nextOffset: number): unknown => offsets.push(nextOffset);
  await countSplit(
    optionsOf({
      source: new MemoryFile(500),
      now: () => (nowMs += 10),
      checkpointIntervalMs: 50,
      onCheckpoint: onCheckpoint,
    }),
  );
  expect(offsets.length).toBeGreaterThan(2);
});

test('an abort ends the count with its reason', async () => {
  const abort = new AbortController();
  const reason = new Error('stop now');
  const counting = countSplit(optionsOf({ signal: abort.signal, checkpointBytes: 100, onCheckpoint: () => abort.abort(reason) }));
  await expect(counting).rejects.toBe(reason);
});

test('a source that gives nothing before the end is not taken for the end', async () => {
  await expect(countSplit(optionsOf({ source: new MemoryFile(0) }))).rejects.toMatchObject({ code: 'invariant_violated' });
});

test('a slow pace is kept', async () => {
  const startedMs = performance.now();
  await countSplit(optionsOf({ readBytesPerSecond: 50_000, checkpointIntervalMs: 20 }));
  expect(performance.now() - startedMs).toBeGreaterThan((middle / 50_000) * 1000 - 20);
});

describe('of CSV', () => {
  const text = Buffer.from(`consumer,amount\n${Array.from({ length: 40_000 }, (_, index) => `${index % 7},${index}\n`).join('')}`);
  const csv: Plan = {
    ...plan,
    format: { ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer'], valueColumn: 'amount' },
    sizeBytes: text.length,
    splits: [
      { startOffset: 0, endOffset: 150_000 },
      { startOffset: 150_000, endOffset: text.length },
    ],
  };

  class CsvFile extends MemoryFile {
    readonly ranges: [number, number][] = [];
    override async read(offset: number, target: Uint8Array): Promise<number> {
      this.ranges.push([offset, target.length]);
      return text.copy(target, 0, offset, offset + target.length);
    }
  }

  test('a split in the middle reads a small piece at the beginning, for the header, and then itself', async () => {
    const source = new CsvFile(Infinity);
    const { header } = await countSplit(optionsOf({ plan: csv, splitIndex: 1, source }));
    expect(source.ranges).toEqual([
      [0, 65_536],
      [149_999, text.length - 149_999],
    ]);
    expect(header.accounting).not.toHaveProperty('headerBytes');
    expect(header.accounting.rejects).toEqual({});
  });

  test('a checkpoint is gone on from with the header read again', async () => {
    const checkpoints: SplitPartial[] = [];
    const options = { plan: csv, splitIndex: 1, source: new CsvFile(Infinity) };
    const whole = await countSplit(
      optionsOf({ ...options, checkpointBytes: 5000, onCheckpoint: (blob) => checkpoints.push(decodePartial(blob)) }),
    );
    for (const resume of checkpoints) {
      const source = new CsvFile(Infinity);
      const resumed = await countSplit(optionsOf({ ...options, source, resume }));
      expect(resumed.blob).toEqual(whole.blob);
      expect(source.ranges[0]).toEqual([0, 65_536]);
    }
    expect(checkpoints.length).toBeGreaterThan(2);
  });

  test('a header that is not as it should be, in a file that changed while it was read, is a change', async () => {
    const source = new CsvFile(Infinity);
    const format = { ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer'], valueColumn: 'other' };
    const options = { plan: { ...csv, format }, splitIndex: 1, source };
    await expect(countSplit(optionsOf(options))).rejects.toMatchObject({ code: 'header_unknown' });
    let verified = 0;
    source.verify = async () => {
      if (++verified === 2) throw new TallylineFailure('changed', 'it changed');
    };
    await expect(countSplit(optionsOf(options))).rejects.toMatchObject({ code: 'changed' });
  });
});
