/** Removes from the exchange what nobody needs any more, a bounded piece with each scan. A fault here is told and fails no scan. */
import { Context } from '@temporalio/activity';
import { ownerOf } from '../core/exchange-names';
import {
  CLAIM_SWEEP_PAGES_MAX,
  EXCHANGE_REMOVALS_AT_ONCE,
  EXCHANGE_SWEEP_EVERY_MS,
  EXCHANGE_SWEEP_MS_MAX,
  LISTING_KEPT_MS,
} from '../core/limits';
import { isBlobUnneeded } from '../core/unneeded-blob';
import type { ExchangePage, IntakeDependencies } from './dependencies';

export class ExchangeSweep {
  /** Where the next one goes on. */
  private sweptAfter = '';
  private isUnderWay = false;
  private sweptAtMs = 0;

  constructor(private readonly dependencies: IntakeDependencies) {}

  async run(): Promise<void> {
    // Scans of many agents end at the same time.
    const startedAtMs = this.dependencies.now();
    if (this.isUnderWay || startedAtMs - this.sweptAtMs < EXCHANGE_SWEEP_EVERY_MS) return;
    this.isUnderWay = true;
    this.sweptAtMs = startedAtMs;
    try {
      await this.sweep(startedAtMs + EXCHANGE_SWEEP_MS_MAX);
    } catch (error) {
      Context.current().log.warn('what nobody needs any more could not be removed from the exchange', { error: String(error) });
    } finally {
      this.isUnderWay = false;
    }
  }

  private async sweep(endsAtMs: number): Promise<void> {
    const { exchange, now } = this.dependencies;
    for (let pages = 0; pages < CLAIM_SWEEP_PAGES_MAX && now() < endsAtMs; pages += 1) {
      const { found, nextAfter } = await exchange.list('', this.sweptAfter);
      const unneeded = await this.choose(found);
      for (let start = 0; start < unneeded.length && now() < endsAtMs; start += EXCHANGE_REMOVALS_AT_ONCE) {
        await Promise.all(unneeded.slice(start, start + EXCHANGE_REMOVALS_AT_ONCE).map((name) => exchange.remove(name)));
      }
      this.sweptAfter = nextAfter ?? '';
      if (nextAfter === null) return;
    }
  }

  private async choose(found: ExchangePage['found']): Promise<readonly string[]> {
    const { sink, now } = this.dependencies;
    const owned = found.map(({ name, modifiedAtMs }) => ({ name, ageMs: now() - modifiedAtMs, owner: ownerOf(name) }));
    const fileIds = owned.flatMap(({ owner }) => (owner === null || owner === 'listing' ? [] : [owner.fileId]));
    const statuses = new Map((await sink.readStatuses([...new Set(fileIds)])).map((status) => [status.fileId, status]));
    const isOver = ({ owner, ageMs }: (typeof owned)[number]): boolean => {
      if (owner === null) return false;
      if (owner === 'listing') return ageMs > LISTING_KEPT_MS;
      return isBlobUnneeded(statuses.get(owner.fileId), { version: owner.version, ageMs });
    };
    return owned.filter(isOver).map(({ name }) => name);
  }
}
