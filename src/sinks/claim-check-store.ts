/**
 * A store whose partials and checkpoints lie in a bucket. A transaction never waits for the bucket: when it turns out to need something
 * of it, it is rolled back, that is brought or stored, and it begins anew.
 */
import { assertInvariant } from '../core/failures';
import { isTerminal } from '../core/file-row';
import { CLAIM_FETCHES_AT_ONCE, CLAIM_ORPHAN_MS, CLAIM_ROUNDS_MAX, CLAIM_SWEEP_PAGES_MAX } from '../core/limits';
import type { FoundObject } from '../buckets/bucket';
import type { ClaimAddress, ClaimChecks } from './claim-checks';
import type { BlobTable, Store, StoredPartial, StoreTransaction } from './store';

type Work<Result> = (transaction: StoreTransaction) => Promise<Result>;
type Run<Result> = (work: Work<Result>) => Promise<Result>;

/** What a transaction needed and had not. It rolls the transaction back. */
class BlobsWanted extends Error {
  constructor(readonly wanted: readonly (() => Promise<void>)[]) {
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
      for (const object of await this.choose(objects, nowMs)) {
        await this.claims.remove(object);
        removed++;
      }
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
      .filter(({ object, address }) => {
        const row = rows.get(address.fileId);
        // A row may be away because the database was restored: then its next count stores them again.
        if (row === undefined) return nowMs - object.modifiedAtMs > CLAIM_ORPHAN_MS;
        return row.version > address.version || (row.version === address.version && isTerminal(row.state));
      })
      .map(({ object }) => object);
  }

  private async run<Result>(run: Run<Result>, work: Work<Result>): Promise<Result> {
    const brought = new Map<string, Uint8Array | null>();
    const stored = new Set<string>();
    for (let rounds = 1; ; rounds++) {
      try {
        return await run((transaction) => work(this.resolving(transaction, brought, stored)));
      } catch (error) {
        if (!(error instanceof BlobsWanted)) throw error;
        assertInvariant(rounds < CLAIM_ROUNDS_MAX, `a transaction wanted blobs of the bucket ${String(rounds)} times`);
        for (let start = 0; start < error.wanted.length; start += CLAIM_FETCHES_AT_ONCE) {
          await Promise.all(error.wanted.slice(start, start + CLAIM_FETCHES_AT_ONCE).map((want) => want()));
        }
      }
    }
  }

  private resolving(transaction: StoreTransaction, brought: Map<string, Uint8Array | null>, stored: Set<string>): StoreTransaction {
    const { blobs } = transaction;
    const { claims } = this;
    const bring = (address: ClaimAddress) => async () => void brought.set(claims.nameOf(address), await claims.fetch(address));
    const keep = (address: ClaimAddress, blob: Uint8Array): void => {
      const name = claims.nameOf(address);
      if (stored.has(name)) return;
      throw new BlobsWanted([
        async () => {
          await claims.store(address, blob);
          stored.add(name);
        },
      ]);
    };
    const table: BlobTable = {
      ...blobs,
      partials: async (files) => {
        const rows = await blobs.partials(files);
        const wanted = rows.filter((row) => claims.isClaim(row.blob) && !brought.has(claims.nameOf(row)));
        if (wanted.length > 0) throw new BlobsWanted(wanted.map(bring));
        // One that the bucket lost stays a claim, which is no partial: its split is counted again.
        return rows.map((row): StoredPartial =>
          claims.isClaim(row.blob) ? { ...row, blob: brought.get(claims.nameOf(row)) ?? row.blob } : row,
        );
      },
      insertPartial: async (partial) => {
        keep(partial, partial.blob);
        await blobs.insertPartial({ ...partial, blob: claims.claim });
      },
      checkpoint: async (address, digest) => {
        const found = await blobs.checkpoint(address, digest);
        if (found === null || !claims.isClaim(found)) return found;
        const claim = { ...address, digest };
        if (!brought.has(claims.nameOf(claim))) throw new BlobsWanted([bring(claim)]);
        return brought.get(claims.nameOf(claim)) ?? null;
      },
      insertCheckpoint: async (address, digest, blob) => {
        keep({ ...address, digest }, blob);
        await blobs.insertCheckpoint(address, digest, claims.claim);
      },
    };
    return { ...transaction, blobs: table };
  }
}
