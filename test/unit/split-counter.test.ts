/** What the interface of a counter promises beyond the totals. */
import { DEFAULT_FORMAT } from '../../src/core/format';
import type { SplitPartial } from '../../src/core/partial';
import { decodePartial } from '../../src/core/partial-codec';
import { createReferenceCounter } from '../../src/core/reference-counter';
import { createKernelCounter } from '../../src/kernel/kernel-counter';
import { createSha256 } from '../helpers/count-in-splits';
import { failureCode } from '../helpers/failure-code';

const text = 'a 1\nbb 22\nccc 333\n';
const bytes = Buffer.from(text);

describe.each([
  ['the reference', createReferenceCounter],
  ['the kernel', createKernelCounter],
])('%s', (_, createCounter) => {
  function counterOf(startOffset: number, endOffset: number, resume?: SplitPartial, content: Uint8Array = bytes) {
    const split = { startOffset, endOffset };
    return createCounter({
      format: DEFAULT_FORMAT,
      sizeBytes: content.length,
      split,
      createHasher: createSha256,
      ...(resume && { resume }),
    });
  }

  test('a split looks at the byte before it, and its checkpoint is its start until it has a line', () => {
    const counter = counterOf(4, 9);
    expect([counter.readOffset, counter.nextOffset, counter.isComplete]).toEqual([3, 4, false]);
    counter.push(bytes.subarray(3, 8));
    expect([counter.readOffset, counter.nextOffset, decodePartial(counter.encode()).accounting.firstOffset]).toEqual([8, 4, null]);
    counter.push(bytes.subarray(8));
    expect(counter.isComplete).toBe(true);
    expect(decodePartial(counter.encode()).accounting).toMatchObject({ firstOffset: 4, nextOffset: 10, lines: 1 });
  });

  test('a split in which no line starts is complete without one', () => {
    const counter = counterOf(5, 6);
    counter.push(bytes.subarray(4, 5));
    expect(counter.isComplete).toBe(true);
    expect(decodePartial(counter.encode())).toMatchObject({
      accounting: { firstOffset: null, nextOffset: 5, lines: 0 },
      entries: [],
      blockDigests: new Uint8Array(0),
    });
  });

  test('a split without its digest block is not complete', () => {
    const counter = counterOf(0, 2);
    counter.push(bytes.subarray(0, 6));
    expect([counter.nextOffset, counter.isComplete]).toEqual([4, false]);
    counter.push(bytes.subarray(6));
    expect(counter.isComplete).toBe(true);
  });

  test('only the split that holds offset 0 reports a BOM, and the next ones know of it', () => {
    const content = Buffer.from('\ufeffa 1\n');
    const accountings = [0, 1, 2, 3].map((start) => {
      const counter = counterOf(start, start + 1, undefined, content);
      for (const byte of content) if (!counter.isComplete) counter.push(Uint8Array.of(byte));
      return decodePartial(counter.encode()).accounting;
    });
    expect(accountings.map(({ bomBytes, firstOffset }) => [bomBytes, firstOffset])).toEqual([
      [3, null],
      [0, null],
      [0, null],
      [0, 3],
    ]);
  });

  test('bytes beyond what the split needs change nothing', () => {
    const counter = counterOf(0, 1);
    counter.push(bytes);
    const before = decodePartial(counter.encode());
    counter.push(Buffer.from('x y z\n'));
    expect(decodePartial(counter.encode())).toEqual(before);
  });

  test('an end anywhere but at the size is refused', () => {
    const counter = counterOf(0, 5);
    counter.push(bytes.subarray(0, 5));
    expect(failureCode(() => counter.end())).toBe('invariant_violated');
  });

  test('a checkpoint of another split is refused', () => {
    const counter = counterOf(0, 10);
    counter.push(bytes.subarray(0, 7));
    const checkpoint = decodePartial(counter.encode());
    for (const [start, end] of [
      [4, 10],
      [1, 18],
    ] as const) {
      expect(failureCode(() => counterOf(start, end, checkpoint))).toBe('checkpoint_unusable');
    }
    const tooFar = { ...checkpoint, accounting: { ...checkpoint.accounting, nextOffset: 19 } };
    expect(failureCode(() => counterOf(0, 10, tooFar))).toBe('checkpoint_unusable');
    expect(failureCode(() => counterOf(0, 10, { ...checkpoint, blockDigests: new Uint8Array(33) }))).toBe('checkpoint_unusable');
  });

  test('memory stays bounded by the longest line that is accepted', () => {
    const sizeBytes = 2 ** 40;
    const format = { ...DEFAULT_FORMAT, maxLineBytes: 1000 };
    const counter = createReferenceCounter({
      format,
      sizeBytes,
      split: { startOffset: 0, endOffset: sizeBytes },
      createHasher: createSha256,
    });
    const chunk = new Uint8Array(1_048_576).fill(0x61);
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 64; index++) counter.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_388_608 + 1_048_576);
    counter.push(Buffer.from('\n'));
    expect(decodePartial(counter.encode()).accounting.rejects).toMatchObject({ line_too_long: { count: 1, samples: [{ offset: 0 }] } });
  });
});
