/** How often each operation had each effect in a whole run, and the effects that must have been seen at least once. */
import type { Episode } from './knowledge';

const MOVES = [
  'scan: new → seen',
  'scan: superseded → quarantined:generation_returned',
  'admit: seen → counting',
  'admit: seen → quarantined:new_generation',
  'putPartial: counting → quarantined:digest_conflict',
  'putPartial: counted → quarantined:digest_conflict',
  'markCounted: counting → counted',
  'markCounted: counting → counting',
  'markCounted: counting → quarantined:reject_budget',
  'markCounted: counting → quarantined:partial_missing',
  'apply: counted → in',
  'apply: counted → alias',
  'apply: counted → superseded',
  'apply: counted → counting',
  'apply: counted → quarantined:partial_missing',
  'apply: counted → quarantined:new_generation',
  'apply: counted → quarantined:duplicate_content',
  'apply: counted → quarantined:sum_overflow',
  'apply: counted → quarantined:total_overflow',
  'apply: in → superseded+1',
  'apply: counted → superseded+1',
  'apply: recounted → superseded+1',
  'retract: in → out+1',
  'retract: recounted → out+1',
  'recount: in → seen+1',
  'recount: out → seen+1',
  'recount: superseded → seen+1',
  'recount: alias → seen+1',
  'release: quarantined → seen+1',
  'quarantine: seen → quarantined:changed',
  'quarantine: counting → quarantined:worker_lost',
] as const;

const EVENTS = [
  'fault: middle',
  'fault: end',
  'fault: answer',
  'reader fails after the count',
  'reader fails after the apply',
  'other result after the apply',
  'partial damaged',
  'zombie fenced',
  'other version fenced',
  'second start',
  'apply while stopped',
  'retract while stopped',
  'Temporal lost',
  'sink lost',
] as const;

export type TalliedEvent = (typeof EVENTS)[number];

export class Tally {
  private readonly counts = new Map<string, number>([...MOVES, ...EVENTS].map((name) => [name, 0]));
  /** Moves of rows, each of which was judged. */
  moves = 0;

  event(name: TalliedEvent): void {
    this.add(name);
  }

  move(name: string): void {
    this.moves += 1;
    this.add(name);
  }

  /** What an operation met where it may move nothing. */
  episode({ operation, before, end }: Episode): void {
    const outcome = typeof end === 'string' ? end : end.outcome;
    if (end === 'stopped' && (operation.kind === 'apply' || operation.kind === 'retract')) this.event(`${operation.kind} while stopped`);
    if (operation.kind === 'damage' && outcome === 'damaged') this.event('partial damaged');
    if (!('version' in operation)) return;
    const row = before.find(({ fileId }) => fileId === operation.fileId);
    if (row?.version !== operation.version) {
      if (outcome === 'fenced') this.event('other version fenced');
      return;
    }
    if (operation.kind === 'putPartial' && outcome === 'conflict' && row.state === 'in') this.event('other result after the apply');
    if (operation.kind !== 'quarantine') return;
    if (row.state === 'counted') this.event('reader fails after the count');
    if (row.state === 'in') this.event('reader fails after the apply');
  }

  never(): string[] {
    return [...this.counts].filter(([, count]) => count === 0).map(([name]) => name);
  }

  toString(): string {
    return [...this.counts].map(([name, count]) => `${name} ${count}`).join(', ');
  }

  private add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
