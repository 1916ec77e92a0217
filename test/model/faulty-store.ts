/** A Store that fails where it is told to: in the middle of a transaction, at its end, or after its commit with the answer lost. */
import { pick, type Random } from './random-choice';
import type { Store, StoreTransaction } from '../../src/sinks/store';

export type Fault = { readonly kind: 'middle'; readonly afterCalls: number } | { readonly kind: 'end' | 'answer' };

/** Strikes the next transaction, or the one after so many more. */
export interface PlannedFault {
  readonly fault: Fault;
  skip: number;
}

export function someFault(random: Random, likelihood = 0.15): PlannedFault | undefined {
  if (random() >= likelihood) return undefined;
  const kind = pick(random, ['middle', 'end', 'answer'] as const);
  const fault: Fault = kind === 'middle' ? { kind, afterCalls: Math.floor(random() * 12) } : { kind };
  return { fault, skip: random() < 0.2 ? 1 : 0 };
}

export class Crash extends Error {
  constructor(readonly kind: Fault['kind']) {
    super(`crashed: ${kind}`);
  }
}

export class FaultyStore implements Store {
  fault: PlannedFault | undefined;

  constructor(private readonly inner: Store) {}

  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    const fault = this.takeFault();
    if (fault === undefined) return await this.inner.transaction(work);
    if (fault.kind === 'answer') {
      await this.inner.transaction(work);
      throw new Crash('answer');
    }
    return await this.inner.transaction(async (transaction) => {
      await work(fault.kind === 'middle' ? failAfter(transaction, fault.afterCalls) : transaction);
      throw new Crash('end');
    });
  }

  snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return this.inner.snapshot(work);
  }

  collectOutside(nowMs: number): Promise<number> {
    return this.inner.collectOutside(nowMs);
  }

  async check(): Promise<readonly string[]> {
    return await this.inner.check();
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  private takeFault(): Fault | undefined {
    if (this.fault === undefined) return undefined;
    this.fault.skip -= 1;
    if (this.fault.skip >= 0) return undefined;
    const { fault } = this.fault;
    this.fault = undefined;
    return fault;
  }
}

function failAfter(transaction: StoreTransaction, calls: number): StoreTransaction {
  let left = calls;
  const wrap = <Table extends object>(table: Table): Table =>
    new Proxy(table, {
      get(target, name) {
        left -= 1;
        if (left < 0) throw new Crash('middle');
        return Reflect.get(target, name) as unknown;
      },
    });
  return Object.fromEntries(
    Object.entries(transaction).map(([name, table]) => [name, wrap(table as object)]),
  ) as unknown as StoreTransaction;
}
