/** The reference implementation of the counter, which any faster one must agree with on every input. */
import type { CreateSplitCounter } from './counter';
import type { Format } from './format';
import { LineCounter } from './line-counter';
import type { TotalsEntry } from './partial';
import { encodeEach } from './entry-codec';
import type { EncodedEntries } from './entry-codec';
import { PlainLines } from './plain-lines';
import type { RecordTotals } from './record-totals';
import { TotalsTable } from './totals-table';

export const createReferenceCounter: CreateSplitCounter = (options) => {
  const { format, recordPeriod, resume } = options;
  return new LineCounter(options, new ReferenceTotals(format, recordPeriod === undefined, resume?.entries));
};

class ReferenceTotals implements RecordTotals {
  readonly blanks = 0;
  private readonly table: TotalsTable;
  private readonly plainLines: PlainLines | null;
  private memory = new Uint8Array(0);

  /** `isPlain`: the short way for runs of lines may be taken. */
  constructor(format: Format, isPlain: boolean, entries: Iterable<TotalsEntry> = []) {
    this.table = new TotalsTable(entries);
    this.plainLines = isPlain && format.kind === 'delimited' ? new PlainLines(format, this.table) : null;
  }

  get records(): number {
    return this.plainLines?.records ?? 0;
  }

  useReader(): void {
    // The short way knows what it takes by the format alone.
  }

  notePeriod(): void {
    // Nor does it take records that have one.
  }

  buffer(sizeBytes: number): Uint8Array {
    if (this.memory.length < sizeBytes) this.memory = new Uint8Array(sizeBytes);
    return this.memory.subarray(0, sizeBytes);
  }

  place(chunk: Uint8Array): Uint8Array {
    return chunk;
  }

  takeRun(chunk: Uint8Array, start: number, limit: number): number {
    return this.plainLines?.take(chunk, start, limit) ?? start;
  }

  add(bytes: Uint8Array, start: number, end: number, number: number, large: bigint | null): void {
    this.table.add(bytes, start, end, number, large);
  }

  encoded(): EncodedEntries {
    return encodeEach(this.table.entries());
  }

  close(): void {
    this.memory = new Uint8Array(0);
  }
}
