/**
 * A store whose partials and checkpoints lie in a bucket. A transaction does not wait for the bucket: when it turns out to need something
 * of it, it is rolled back, that is brought or stored, and it begins anew; only the last of a few rounds waits.
 */
import { CLAIM_FETCHES_AT_ONCE, CLAIM_ROUNDS_MAX, CLAIM_SWEEP_PAGES_MAX } from '../core/limits';
import { isBlobUnneeded } from '../core/unneeded-blob';
import type { FoundObject } from '../buckets/bucket';
import { isClaim, type ClaimAddress, type ClaimChecks } from './claim-checks';
import type { BlobTable, Store, StoreTransaction } from './store';

type Work<Result> = (transaction: StoreTransaction) => Promise<Result>;
type Run<Result> = (work: Work<Result>) => Promise<Result>;

/** Something to bring from the bucket, or to store there. */
type Want = () => Promise<void>;
/** By name; null for what is not there. */
type Brought = Map<string, Uint8Array | null>;

interface Round {
  readonly brought: Brought;
  readonly stored: Set<string>;
  readonly resolve: (wanted: readonly Want[]) => Promise<void>;
}

/** What a transaction needed and had not. It rolls the transaction back. */
class BlobsWanted extends Error {
  constructor(readonly wanted: readonly Want[]) {
    super('blobs of the bucket are wanted');
  }
}

export class ClaimCheckStore implements Store {
  /** Where the next sweep goes on. */
  private sweptAfter = '';

  constructor(
    private readonly store: Store,
    private readonly claims: ClaimChecks,
  ) {}

  transaction<Result>(work: Work<Result>): Promise<Result> {
    return this.run((again) => this.store.transaction(again), work);
  }

  snapshot<Result>(work: Work<Result>): Promise<Result> {
    return this.run((again) => this.store.snapshot(again), work);
  }

  check(): Promise<readonly string[]> {
    return this.store.check();
  }

  /**
   * Removes what belongs to versions that are terminal or superseded by a later one, and what belongs to no row and is old: a bounded
   * number with each call, each time after those looked at before. Answers how many.
   */
  async collectOutside(nowMs: number): Promise<number> {
    let removed = 0;
    for (let pages = 0; pages < CLAIM_SWEEP_PAGES_MAX; pages++) {
      const { objects, nextAfter } = await this.claims.page(this.sweptAfter);
      const unneeded = await this.choose(objects, nowMs);
      await doAll(unneeded.map((object) => () => this.claims.remove(object)));
      removed += unneeded.length;
      this.sweptAfter = nextAfter ?? '';
      if (nextAfter === null) break;
    }
    return removed;
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async choose(objects: readonly FoundObject[], nowMs: number): Promise<FoundObject[]> {
    const addressed = objects.flatMap((object) => {
      const address = this.claims.addressOf(object);
      return address === null ? [] : [{ object, address }];
    });
    const fileIds = [...new Set(addressed.map(({ address }) => address.fileId))];
    const rows = new Map((await this.store.snapshot(({ files }) => files.read(fileIds))).map((row) => [row.fileId, row]));
    return addressed
      .filter(({ object, address: { fileId, version } }) =>
        isBlobUnneeded(rows.get(fileId), { version, ageMs: nowMs - object.modifiedAtMs }),
      )
      .map(({ object }) => object);
  }

  private async run<Result>(run: Run<Result>, work: Work<Result>): Promise<Result> {
    const brought: Brought = new Map();
    const stored = new Set<string>();
    for (let rounds = 1; ; rounds++) {
      // Files that are counted meanwhile join the next batch, which could go on for ever.
      const resolve = rounds < CLAIM_ROUNDS_MAX ? (wanted: readonly Want[]) => Promise.reject(new BlobsWanted(wanted)) : doAll;
      try {
        return await run((transaction) => work({ ...transaction, blobs: this.blobsOf(transaction, { brought, stored, resolve }) }));
      } catch (error) {
        if (!(error instanceof BlobsWanted)) throw error;
        await doAll(error.wanted);
      }
    }
  }

  private blobsOf({ blobs }: StoreTransaction, { brought, stored, resolve }: Round): BlobTable {
    const { claims } = this;
    const bring = (address: ClaimAddress) => async () => void brought.set(claims.nameOf(address), await claims.fetch(address));
    const bringAll = async (addresses: readonly ClaimAddress[]): Promise<void> => {
      const wanted = addresses.filter((address) => !brought.has(claims.nameOf(address)));
      if (wanted.length > 0) await resolve(wanted.map(bring));
    };
    const keep = async (address: ClaimAddress, blob: Uint8Array): Promise<void> => {
      const name = claims.nameOf(address);
      if (stored.has(name)) return;
      await resolve([() => claims.store(address, blob).then(() => void stored.add(name))]);
    };
    return {
      ...blobs,
      partials: async (files) => {
        const rows = await blobs.partials(files);
        await bringAll(rows.filter(({ blob }) => isClaim(blob)));
        // One that the bucket lost stays a claim, which is no partial: its split is counted again.
        return rows.map((row) => (isClaim(row.blob) ? { ...row, blob: brought.get(claims.nameOf(row)) ?? row.blob } : row));
      },
      insertPartial: async (partial) => {
        await keep(partial, partial.blob);
        await blobs.insertPartial({ ...partial, blob: claims.claim });
      },
      checkpoint: async (address, digest) => {
        const found = await blobs.checkpoint(address, digest);
        if (found === null || !isClaim(found)) return found;
        const claim = { ...address, digest };
        await bringAll([claim]);
        return brought.get(claims.nameOf(claim)) ?? null;
      },
      insertCheckpoint: async (address, digest, blob) => {
        await keep({ ...address, digest }, blob);
        await blobs.insertCheckpoint(address, digest, claims.claim);
      },
    };
  }
}

async function doAll(wanted: readonly Want[]): Promise<void> {
  for (let start = 0; start < wanted.length; start += CLAIM_FETCHES_AT_ONCE) {
    await Promise.all(wanted.slice(start, start + CLAIM_FETCHES_AT_ONCE).map((want) => want()));
  }
}
