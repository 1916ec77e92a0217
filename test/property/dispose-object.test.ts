/**
 * A counted object is moved or removed while its writer overwrites and removes it between any two requests, and while attempts die at any
 * of them. No version but the counted one is ever removed, and what is moved lies in its new place before it goes.
 */
import { BucketFailure, type Bucket, type FoundObject, type ObjectVersion } from '../../src/buckets/bucket';
import type { DisposeAction } from '../../src/core/disposal';
import { TallylineFailure } from '../../src/core/failures';
import { disposeObject } from '../../src/sources/dispose-object';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const CASES = 3_000;
const KEY = 'in/a.txt';
const TO = 'counted/';
const PLACE = TO + KEY;
const signal = new AbortController().signal;

interface Stored extends FoundObject {
  readonly body: string;
}

class Died extends Error {}

/** Only what a disposal asks of a bucket; each request lets the world go on before and after it. */
class RacedBucket implements Bucket {
  readonly label = 'the bucket of a test';
  /** Versions of each key, oldest first. */
  readonly versions = new Map<string, Stored[]>();
  /** What was removed by a request of the disposal. */
  readonly removed: Stored[] = [];
  between: () => void = () => undefined;
  tags: string[] = [];
  private last = 0;

  constructor(readonly isVersioned: boolean) {}

  write(key: string, body: string): Stored {
    this.last += 1;
    const versionId = this.isVersioned ? `v${this.last}` : '';
    const stored = { key, body, etag: `etag of ${body}`, versionId, sizeBytes: body.length, modifiedAtMs: 0 };
    this.versions.set(key, this.isVersioned ? [...(this.versions.get(key) ?? []), stored] : [stored]);
    return stored;
  }

  /** All that is kept under a key, whichever version is the latest. */
  bodies(key: string): string[] {
    return (this.versions.get(key) ?? []).map(({ body }) => body);
  }

  versioning = () => this.request(() => (this.isVersioned ? ('enabled' as const) : ('none' as const)));
  head = (key: string) => this.request(() => this.versions.get(key)?.at(-1) ?? null);
  headVersion = (object: ObjectVersion) => this.request(() => this.latest(object));
  copy = (object: ObjectVersion, toKey: string) => this.request((): ObjectVersion => this.write(toKey, this.find(object).body));

  async *read(object: ObjectVersion, { offset, length }: { offset: number; length: number }): AsyncGenerator<Uint8Array> {
    const { body } = await this.request(() => this.find(object));
    yield Buffer.from(body.slice(offset, offset + length));
  }

  remove = ({ key, versionId }: Pick<ObjectVersion, 'key' | 'versionId'>) =>
    this.request(() => {
      const all = this.versions.get(key) ?? [];
      const doomed = versionId === '' ? all : all.filter((stored) => stored.versionId === versionId);
      this.removed.push(...doomed);
      for (const { body } of doomed) if (key === KEY) this.whenRemoved(body);
      this.versions.set(
        key,
        all.filter((stored) => !doomed.includes(stored)),
      );
    });

  tag = (object: ObjectVersion, tags: Readonly<Record<string, string>>) =>
    this.request(() => void this.tags.push(`${this.find(object).body} ${JSON.stringify(tags)}`));

  whenRemoved: (body: string) => void = () => undefined;

  list(): never {
    throw new Error('nothing is listed');
  }

  put(): never {
    throw new Error('nothing is put');
  }

  private latest({ key, versionId }: ObjectVersion): Stored | null {
    const all = this.versions.get(key) ?? [];
    return (versionId === '' ? all.at(-1) : all.find((stored) => stored.versionId === versionId)) ?? null;
  }

  private find(object: ObjectVersion): Stored {
    const found = this.latest(object);
    if (found === null) throw new BucketFailure('missing', `no ${object.key}`);
    if (found.etag !== object.etag) throw new BucketFailure('mismatch', `${object.key} is another`);
    return found;
  }

  private async request<Result>(work: () => Result): Promise<Result> {
    this.between();
    const result = work();
    this.between();
    return result;
  }
}

interface Case {
  readonly random: () => number;
  readonly isVersioned: boolean;
  readonly action: DisposeAction;
  readonly told: string[];
}

async function play({ random, isVersioned, action, told }: Case): Promise<void> {
  const bucket = new RacedBucket(isVersioned);
  const foreign = random() < 0.2 ? (random() < 0.5 ? 'foreign' : 'a bit') : null;
  if (foreign !== null) bucket.write(PLACE, foreign);
  if (random() < 0.3 && isVersioned) bucket.write(KEY, 'older');
  const { body: _, modifiedAtMs: __, ...object } = bucket.write(KEY, 'counted');
  let begunPlace: string | null = null;
  let isAllowed = true;
  let wasRetracted = false;
  bucket.whenRemoved = (body) => {
    if (!isAllowed && wasRetracted) throw new Error('removed although it was not allowed any more');
    if (action.kind === 'move' && !bucket.bodies(PLACE).includes(body)) throw new Error('removed before it was copied');
  };
  const disposal = { bucket, keysAreUnique: !isVersioned, isListed: (key: string) => key.startsWith('in/') };

  async function attempt(isRacing: boolean): Promise<string> {
    let isDead = false;
    bucket.between = () => {
      const chance = isDead ? 0 : isRacing ? random() : 1;
      if (isDead) throw new Died();
      // Only under versioning may the writer use a key again.
      if (chance < 0.1 && isVersioned) told.push(`writes ${bucket.write(KEY, `new ${random()}`).body}`);
      else if (chance < 0.12) bucket.versions.delete(KEY);
      else if (chance < 0.25) {
        isDead = true;
        told.push('dies');
        throw new Died();
      }
    };
    const confirm = async (place: string) => {
      if (isAllowed) begunPlace = place;
      return isAllowed;
    };
    const outcome = await disposeObject(disposal, object, action, { begunPlace, confirm, signal }).then(
      (result) => result.outcome,
      (error: unknown) => {
        if (error instanceof Died) return 'dead';
        if (error instanceof TallylineFailure) return error.code;
        throw error;
      },
    );
    bucket.between = () => undefined;
    told.push(outcome);
    return outcome;
  }

  for (let attempts = Math.floor(random() * 4); attempts > 0; attempts -= 1) {
    await attempt(true);
    if (random() < 0.15) [isAllowed, wasRetracted] = [false, true];
  }
  const outcome = await attempt(false);
  const others = bucket.removed.filter(({ key, body }) => key !== KEY || body !== 'counted');
  if (others.length > 0) throw new Error(`removed ${others.map(({ body }) => body).join(', ')}`);
  if (foreign !== null && !bucket.bodies(PLACE).includes(foreign)) throw new Error('something else in the new place is lost');
  if (action.kind === 'move' && bucket.removed.length > 0 && !bucket.bodies(PLACE).includes('counted'))
    throw new Error('the moved one is lost');
  if (outcome === 'done' && bucket.bodies(KEY).includes('counted') !== (action.kind === 'tag')) throw new Error('said to be done');
  if (bucket.tags.some((tag) => tag !== 'counted {"counted":"yes"}')) throw new Error(`tagged ${bucket.tags.join(', ')}`);
}

const ACTIONS: readonly DisposeAction[] = [
  { kind: 'move', to: TO },
  { kind: 'delete', trash: '' },
  { kind: 'tag', tags: { counted: 'yes' } },
];

test.each([true, false])(
  'versioned: %s; whatever races with it and wherever it dies, only the counted version goes',
  async (isVersioned) => {
    const seed = runSeed();
    const random = seededRandom(seed);
    const seen = new Set<string>();
    for (let index = 0; index < CASES; index += 1) {
      const told: string[] = [];
      const action = ACTIONS[index % ACTIONS.length]!;
      await play({ random, isVersioned, action, told }).catch((error: unknown) => {
        throw new Error(`TALLYLINE_SEED=${seed} ${action.kind}: ${told.join(', ')}: ${String(error)}`, { cause: error });
      });
      for (const word of told) seen.add(word);
    }
    const expected = ['dead', 'done', 'already', 'vanished', 'occupied', 'withdrawn'];
    expect(expected.filter((word) => !seen.has(word))).toEqual([]);
  },
);
