import { gzipSync } from 'node:zlib';
import { DEFAULT_COMPRESSION } from '../../../src/core/compression';
import { assembleReceipt } from '../../../src/core/assemble-receipt';
import { TallylineFailure } from '../../../src/core/failures';
import { DEFAULT_FORMAT, GRAMMAR_VERSION_MAX } from '../../../src/core/format';
import type { SplitPartial } from '../../../src/core/partial';
import { decodePartial, encodePartial } from '../../../src/core/partial-codec';
import { makePlan, type Plan } from '../../../src/core/plan';
import { sha256Hex } from '../../../src/kernel/digest';
import { countPartial, type CountPartialOptions } from '../../helpers/count-partial';
import { MemoryFile } from '../../helpers/gzip-files';
import { runSeed, seededRandom } from '../../helpers/seeded-random';

const random = seededRandom(runSeed());
/** More than one chunk of the decompressor, and lines that chunks cut, blank and rejected ones among them. */
const text = Array.from({ length: 100_000 }, (_, index) =>
  index % 997 === 0 ? '\r\n' : index % 1009 === 0 ? 'x\n' : `${index % 71} ${index}\n`,
);
const plain = Buffer.from(text.join(''));
const stored = Buffer.concat([0, 300_000, 700_000].map((from, index, all) => gzipSync(plain.subarray(from, all[index + 1]))));

function planOf(bytes: Uint8Array, sourceKey: string, change: Partial<Plan> = {}): Plan {
  const input = { format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION, periodRule: { kind: 'none' }, firstSeenMs: 0 } as const;
  return { ...makePlan({ ...input, sizeBytes: bytes.length, splitBytes: 2 ** 40, sourceKey }), ...change };
}

function optionsOf(bytes: Uint8Array, change: Partial<CountPartialOptions> = {}): CountPartialOptions {
  const never = { checkpointBytes: Infinity, checkpointIntervalMs: Infinity, onCheckpoint: () => undefined };
  const source = new MemoryFile(bytes, () => 1 + Math.floor(random() * 60_000));
  return { source, plan: planOf(bytes, 'a.gz'), splitIndex: 0, signal: new AbortController().signal, ...never, ...change };
}

function receiptOf(plan: Plan, { accounting, plain: check, blockDigests }: SplitPartial) {
  const partials = [{ splitIndex: 0, accounting, blockDigests, ...(check && { plain: check }) }];
  return assembleReceipt({ plan, planDigest: 'p', partials, digest: sha256Hex });
}

test('a compressed file comes to what its plain bytes come to, with a receipt that names both', async () => {
  const plainPlan = planOf(plain, 'a.txt');
  const { partial: expected } = await countPartial(optionsOf(plain, { plan: plainPlan }));
  const { partial, readBytes } = await countPartial(optionsOf(stored));
  expect(partial.accounting).toEqual(expected.accounting);
  expect(partial.entries).toEqual(expected.entries);
  expect(readBytes).toBe(stored.length);
  const ofPlain = receiptOf(plainPlan, expected);
  const ofStored = receiptOf(planOf(stored, 'a.gz'), partial);
  const digestOfStored = receiptOf(
    planOf(stored, 'a.txt'),
    (await countPartial(optionsOf(stored, { plan: planOf(stored, 'a.txt') }))).partial,
  );
  if (ofPlain.kind !== 'complete' || ofStored.kind !== 'complete' || digestOfStored.kind !== 'complete') throw new Error('not complete');
  expect(ofStored.receipt).toEqual({
    ...ofPlain.receipt,
    ...{ bytes: stored.length, compression: 'gzip', plainBytes: plain.length, plainDigest: ofPlain.receipt.contentDigest },
    ...{ contentDigest: digestOfStored.receipt.contentDigest, grammarVersion: 2 },
  });
});

test.each(['', '1', '1\n', '1 2', '12\n3', '\ufeff', '\ufeff1 2\n', '\xef', '\xef\xbb', '\r', '1 2\n\n'])(
  'the plain text %j is accounted for as if it were stored',
  async (content) => {
    const bytes = Buffer.from(content, content.startsWith('\xef') ? 'latin1' : 'utf8');
    const zipped = Buffer.concat([gzipSync(bytes.subarray(0, 1)), gzipSync(bytes.subarray(1))]);
    const { partial } = await countPartial(optionsOf(zipped));
    expect(receiptOf(planOf(zipped, 'a.gz'), partial)).toMatchObject({ kind: 'complete', receipt: { plainBytes: bytes.length } });
    if (bytes.length === 0) return;
    const { partial: expected } = await countPartial(optionsOf(bytes, { plan: planOf(bytes, 'a.txt') }));
    expect(partial.accounting).toEqual(expected.accounting);
  },
);

test('a count that is stopped at many points and resumed, each time from another checkpoint, comes to the same partial', async () => {
  const whole = encodePartial((await countPartial(optionsOf(stored))).partial);
  const stop = new Error('stopped');
  let [stops, resumes] = [0, 0];
  for (let round = 0; round < 60 && (stops < 20 || resumes < 20); round += 1) {
    let checkpoints: Uint8Array[] = [];
    for (;;) {
      const abort = new AbortController();
      const from = checkpoints[Math.floor(random() * (checkpoints.length + 1))];
      let left = 1 + Math.floor(random() * 3);
      const counting = countPartial(
        optionsOf(stored, {
          checkpointBytes: 1 + Math.floor(random() * 300_000),
          onCheckpoint: (partial) => {
            checkpoints = [...checkpoints, encodePartial(partial)];
            if (--left === 0 && stops < 30) abort.abort(stop);
          },
          signal: abort.signal,
          ...(from && { resume: decodePartial(from) }),
        }),
      );
      if (from) resumes += 1;
      const counted = await counting.catch((error: unknown) => {
        if (error !== stop) throw error;
        return null;
      });
      if (counted) {
        expect(Buffer.compare(encodePartial(counted.partial), whole)).toBe(0);
        break;
      }
      stops += 1;
    }
  }
  expect(stops).toBeGreaterThanOrEqual(20);
  expect(resumes).toBeGreaterThanOrEqual(20);
});

test('while it passes over what a checkpoint accounts for it says that it reads on, and takes no checkpoint before that is proven', async () => {
  const checkpoints: SplitPartial[] = [];
  await countPartial(optionsOf(stored, { checkpointBytes: 200_000, onCheckpoint: (partial) => checkpoints.push(partial) }));
  const resume = checkpoints.at(-1)!;
  const events: (number | 'progress')[] = [];
  await countPartial(
    optionsOf(stored, {
      resume,
      checkpointBytes: 50_000,
      onCheckpoint: ({ accounting }) => events.push(accounting.nextOffset),
      onProgress: () => events.push('progress'),
    }),
  );
  expect(events.filter((event) => event === 'progress').length).toBeGreaterThan(3);
  expect(events.every((event) => event === 'progress' || event > resume.accounting.nextOffset)).toBe(true);
});

test('a checkpoint that was made from other bytes, or of a plain file, is not gone on from', async () => {
  const checkpoints: SplitPartial[] = [];
  await countPartial(optionsOf(stored, { checkpointBytes: 200_000, onCheckpoint: (partial) => checkpoints.push(partial) }));
  const [resume] = checkpoints;
  const other = Buffer.from(plain);
  other[1_000] = 0x39;
  const unusable = { code: 'checkpoint_unusable' };
  await expect(countPartial(optionsOf(gzipSync(other), { resume: resume! }))).rejects.toMatchObject(unusable);
  await expect(countPartial(optionsOf(gzipSync(plain.subarray(0, 1_000)), { resume: resume! }))).rejects.toMatchObject(unusable);
  const { plain: _, ...ofText } = resume!;
  await expect(countPartial(optionsOf(stored, { resume: ofText }))).rejects.toMatchObject(unusable);
  await expect(countPartial(optionsOf(plain, { plan: planOf(plain, 'a.txt'), resume: resume! }))).rejects.toMatchObject(unusable);
});

test('no checkpoint is taken of other bytes than those that the one before it was made from', async () => {
  const made: SplitPartial[] = [];
  const inLongLine = gzipSync(`1 2\n${'x'.repeat(100_000)}\n`, { level: 0 });
  await countPartial(optionsOf(inLongLine, { checkpointBytes: 5_000, onCheckpoint: (partial) => made.push(partial) }));
  const [resume] = made;
  expect(resume?.plain?.bytes).toBeGreaterThan(4_000);
  const other = gzipSync(`1 2\n3 4\n${'x'.repeat(100_000)}\n`, { level: 0 });
  const taken: SplitPartial[] = [];
  const source = new MemoryFile(other, () => 100);
  const counting = countPartial(
    optionsOf(other, { source, resume: resume!, checkpointBytes: 1, onCheckpoint: (partial) => taken.push(partial) }),
  );
  await expect(counting).rejects.toMatchObject({ code: 'checkpoint_unusable' });
  expect(taken).toEqual([]);
});

test('a checkpoint is never taken for the whole, not even one that lies at the end of the text', async () => {
  const checkpoints: SplitPartial[] = [];
  const bytes = gzipSync('1 2\n3 4\n');
  await countPartial(optionsOf(bytes, { checkpointBytes: 1, onCheckpoint: (partial) => checkpoints.push(partial) }));
  expect(checkpoints.at(-1)?.accounting.nextOffset).toBe(8);
  expect(receiptOf(planOf(bytes, 'a.gz'), checkpoints.at(-1)!).kind).toBe('broken');
});

test('a file that holds more than its plan allows is read no further', async () => {
  const bomb = gzipSync(Buffer.alloc(4_000_000, '1 1\n'), { level: 9 });
  const source = new MemoryFile(bomb, () => 100);
  const plan = planOf(bomb, 'a.gz', { compression: { kind: 'gzip', plainBytesMax: 400_000 } });
  await expect(countPartial(optionsOf(bomb, { source, plan }))).rejects.toMatchObject({ code: 'compressed_too_large' });
  expect(source.givenBytes).toBeLessThan(bomb.length / 4);
  const exactly = planOf(bomb, 'a.gz', { compression: { kind: 'gzip', plainBytesMax: 4_000_000 } });
  expect((await countPartial(optionsOf(bomb, { plan: exactly }))).partial.plain?.bytes).toBe(4_000_000);
});

test('a file that changes while it is read is not called damaged', async () => {
  const cut = stored.subarray(0, -5);
  await expect(countPartial(optionsOf(cut))).rejects.toMatchObject({ code: 'compressed_damaged' });
  const source = new MemoryFile(cut);
  source.verify = async () => {
    if (++source.verified === 2) throw new TallylineFailure('changed', 'it changed');
  };
  await expect(countPartial(optionsOf(cut, { source }))).rejects.toMatchObject({ code: 'changed' });
});

test('a plan of a grammar that this version does not know is left to a newer worker', async () => {
  const plan = planOf(stored, 'a.gz', { grammarVersion: GRAMMAR_VERSION_MAX + 1 });
  await expect(countPartial(optionsOf(stored, { plan }))).rejects.toMatchObject({ code: 'config_mismatch' });
});
