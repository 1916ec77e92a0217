/** The contract of sinks over a store whose partials and checkpoints lie in a bucket, and what only such a store can do wrong. */
import type { Bucket, FoundObject } from '../../src/buckets/bucket';
import { CLAIM_ORPHAN_MS } from '../../src/core/limits';
import { ClaimCheckStore } from '../../src/sinks/claim-check-store';
import { refuseClaims } from '../../src/sinks/claim-guard';
import { ClaimChecks } from '../../src/sinks/claim-checks';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { MemoryStore } from '../../src/sinks/memory-store';
import { countedContent } from '../helpers/counted-content';
import { describeSink } from './sink-contract';
import { MEANING, SinkDriver, testFile } from './sink-driver';

/** Objects in memory, all of one age. */
class MemoryObjects {
  readonly blobs = new Map<string, Uint8Array>();
  modifiedAtMs = 0;

  asBucket(): Bucket {
    const bucket: Partial<Bucket> = {
      label: 'bucket "claims"',
      put: async (key, body) => {
        this.blobs.set(key, Uint8Array.from(body));
        return { key, etag: 'e', versionId: '', sizeBytes: body.length };
      },
      head: async (key) => this.found(key),
      list: async ({ prefix, after }) => {
        const keys = [...this.blobs.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
        return { objects: keys.flatMap((key) => this.found(key) ?? []), nextAfter: null, requests: 1 };
      },
      read: ({ key }) => this.read(key),
      remove: async ({ key }) => void this.blobs.delete(key),
    };
    return bucket as Bucket;
  }

  private found(key: string): FoundObject | null {
    const blob = this.blobs.get(key);
    return blob === undefined ? null : { key, etag: 'e', versionId: '', sizeBytes: blob.length, modifiedAtMs: this.modifiedAtMs };
  }

  private async *read(key: string): AsyncGenerator<Uint8Array> {
    yield this.blobs.get(key) ?? new Uint8Array();
  }
}

function openOver(objects: MemoryObjects, memory: MemoryStore): ClaimCheckStore {
  return new ClaimCheckStore(memory, new ClaimChecks(objects.asBucket(), 'claims/'));
}

describeSink('memory sink with claim checks', async () => {
  const store = new MemoryStore();
  return { store, sink: new LedgerSink(openOver(new MemoryObjects(), store)), release: async () => undefined };
});

describe('blobs in a bucket', () => {
  const file = testFile(
    'a.txt',
    countedContent([
      ['a', 1n],
      ['b', 2n],
    ]),
  );
  let memory: MemoryStore;
  let objects: MemoryObjects;
  let driver: SinkDriver;

  beforeEach(async () => {
    memory = new MemoryStore();
    objects = new MemoryObjects();
    driver = new SinkDriver(new LedgerSink(openOver(objects, memory)));
    await driver.sink.ensurePipeline(MEANING);
    await driver.register(file);
    await driver.admit(file);
    await driver.putPartials(file);
  });

  /** Another worker, which has none of them in its memory. */
  const another = (): SinkDriver => new SinkDriver(new LedgerSink(openOver(objects, memory)));
  const sweep = async (nowMs = 0): Promise<number> => await another().sink.collectBlobs({ nowMs });

  test('another worker counts and applies what the first one stored', async () => {
    expect((await another().markCounted(file)).outcome).toBe('counted');
    await another().apply();
    expect((await driver.row(file)).state).toBe('in');
  });

  test('nothing that is still to be applied is swept, however old, and all of it once it is applied', async () => {
    expect(await sweep(CLAIM_ORPHAN_MS + 1)).toBe(0);
    await driver.markCounted(file);
    expect(await sweep(CLAIM_ORPHAN_MS + 1)).toBe(0);
    await driver.apply();
    expect(await sweep()).toBe(file.content.partials.length);
    expect(objects.blobs.size).toBe(0);
  });

  test('a recount keeps its own blobs when those of the count before are swept', async () => {
    await driver.markCounted(file);
    await driver.apply();
    await driver.recount(file.fileId);
    await driver.admit(file);
    await driver.putPartials(file);
    expect(await sweep()).toBe(file.content.partials.length);
    expect((await another().markCounted(file)).outcome).toBe('counted');
    await another().apply();
    expect((await driver.row(file)).state).toBe('in');
  });

  test('what belongs to no row waits for its time', async () => {
    const restored = new SinkDriver(new LedgerSink(openOver(objects, new MemoryStore())));
    expect(await restored.sink.collectBlobs({ nowMs: CLAIM_ORPHAN_MS })).toBe(0);
    expect(await restored.sink.collectBlobs({ nowMs: CLAIM_ORPHAN_MS + 1 })).toBe(file.content.partials.length);
  });

  test.each(['lost', 'damaged'])('a blob that is %s makes its split be counted again, and no other', async (what) => {
    const [key] = [...objects.blobs.keys()].filter((name) => name.split('/')[4] === '0');
    if (key === undefined) throw new Error('no blob of the first split');
    if (what === 'lost') objects.blobs.delete(key);
    else objects.blobs.set(key, Buffer.alloc(objects.blobs.get(key)?.length ?? 0));
    expect(await another().markCounted(file)).toMatchObject({ outcome: 'incomplete', missingSplits: [0] });
    await another().putPartials(file, { only: 0 });
    expect((await another().markCounted(file)).outcome).toBe('counted');
  });

  test('a worker without the option does not take claims for damaged partials', async () => {
    const without = new SinkDriver(new LedgerSink(refuseClaims(memory)));
    await expect(without.markCounted(file)).rejects.toMatchObject({ code: 'config_mismatch' });
    await another().markCounted(file);
    await expect(without.apply()).rejects.toMatchObject({ code: 'config_mismatch' });
    expect(await driver.row(file)).toMatchObject({ state: 'counted', missingTimes: 0 });
    await another().apply();
    expect((await driver.row(file)).state).toBe('in');
  });
});
