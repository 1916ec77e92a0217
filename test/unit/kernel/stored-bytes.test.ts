import { StoredBytes } from '../../../src/kernel/stored-bytes';

const CONTENT = Buffer.from('abcdefgh');

/** A source whose reads end when they are told to. */
class SlowSource {
  readonly reads: { readonly offset: number; readonly end: (error?: Error) => void }[] = [];

  read(offset: number, target: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        if (error) reject(error);
        else resolve(CONTENT.copy(target, 0, offset));
      };
      this.reads.push({ offset, end });
    });
  }

  end(number: number, error?: Error): void {
    this.reads[number]?.end(error);
  }
}

function open(source: SlowSource, sizeBytes: number): StoredBytes {
  return new StoredBytes({ source, sizeBytes, chunkBytes: 4, onRead: async () => undefined });
}

describe('the stored bytes of a file', () => {
  test('the next chunk is read while one is used, into another buffer', async () => {
    const source = new SlowSource();
    const stored = open(source, 8);
    const first = stored.peek();
    source.end(0);
    const chunk = await first;
    source.end(1);
    expect(source.reads.map(({ offset }) => offset)).toEqual([0, 4]);
    await stored.end();
    expect(Buffer.from(chunk).toString()).toBe('abcd');
    stored.take(4);
    expect(stored.offset).toBe(4);
    expect(Buffer.from(await stored.peek()).toString()).toBe('efgh');
    stored.take(4);
    expect(await stored.peek()).toHaveLength(0);
    expect(source.reads).toHaveLength(2);
  });

  test('the end waits for the read that is under way, and what it failed with is nobody’s concern then', async () => {
    const source = new SlowSource();
    const stored = open(source, 8);
    const first = stored.peek();
    source.end(0);
    await first;
    let isOver = false;
    const over = stored.end().then(() => (isOver = true));
    await Promise.resolve();
    expect(isOver).toBe(false);
    source.end(1, new Error('away'));
    await over;
  });

  test('a failed read is thrown when its bytes are asked for', async () => {
    const source = new SlowSource();
    const stored = open(source, 8);
    const first = stored.peek();
    source.end(0);
    await first;
    source.end(1, new Error('away'));
    stored.take(4);
    await expect(stored.peek()).rejects.toThrow('away');
  });

  test('of a source without a known end nothing is read ahead', async () => {
    const source = new SlowSource();
    const stored = open(source, Infinity);
    const first = stored.peek();
    source.end(0);
    await first;
    expect(source.reads).toHaveLength(1);
  });
});
