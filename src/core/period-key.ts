/**
 * Keys of records that have a period of their own: the period is the first field of the canonical key, so that entries are sorted and
 * merged by period and key like any others. Where totals are told or stored by period, it is taken off again.
 */
import type { ReceiptPeriods } from './assemble-receipt';
import { assertInvariant } from './failures';
import { KEY_SEPARATOR } from './key';
import type { TotalsEntry } from './partial';
import { PERIOD_CHARACTERS } from './period';
import type { PeriodUnit } from './plan';
import type { RecordPeriod } from './record-period';
import type { RecordReader } from './record-reader';
import { TimestampReader } from './timestamp';
import type { TimestampReject } from './timestamp';
import { decodeUtf8 } from './utf8';

const KEY_BYTES_AT_FIRST = 256;

/** What of a line's reader is needed beside its verdict. */
type RecordFields = Pick<RecordReader, 'keyBytes' | 'keyStart' | 'keyEnd' | 'fieldStart' | 'fieldEnd'>;

/** Judges the timestamp of one record at a time, and puts its period before its key. */
export class PeriodKeyReader {
  /** The canonical key of the last record: bytes [keyStart, keyEnd) of keyBytes. */
  keyBytes = new Uint8Array(KEY_BYTES_AT_FIRST);
  readonly keyStart = 0;
  keyEnd = 0;
  private readonly field: number;
  private readonly timestamp: TimestampReader;

  /** `reader` reads the records. Throws header_unknown. */
  constructor(recordPeriod: RecordPeriod, reader: RecordReader) {
    this.field = reader.indexOf(recordPeriod.field);
    this.timestamp = new TimestampReader(recordPeriod);
  }

  /** Of the last record: its period, and its instant in seconds since 1970. */
  get period(): Uint8Array {
    return this.timestamp.period;
  }

  get seconds(): number {
    return this.timestamp.seconds;
  }

  /** `bytes` hold the line that `record` judged last. */
  read(bytes: Uint8Array, record: RecordFields): TimestampReject | null {
    const verdict = this.timestamp.read(bytes, record.fieldStart(this.field), record.fieldEnd(this.field));
    if (verdict === null) this.join(this.timestamp.period, record);
    return verdict;
  }

  private join(period: Uint8Array, { keyBytes: key, keyStart, keyEnd }: RecordFields): void {
    const prefixBytes = period.length + 1;
    this.keyEnd = prefixBytes + keyEnd - keyStart;
    if (this.keyEnd > this.keyBytes.length) this.keyBytes = new Uint8Array(2 * this.keyEnd);
    const { keyBytes } = this;
    keyBytes.set(period);
    keyBytes[period.length] = KEY_SEPARATOR;
    for (let index = keyStart, at = prefixBytes; index < keyEnd; index++, at++) keyBytes[at] = key[index] ?? 0;
  }
}

/** The canonical key of a record of this period. */
export function withPeriod(period: string, key: Uint8Array): Uint8Array {
  const joined = new Uint8Array(period.length + 1 + key.length);
  for (let index = 0; index < period.length; index++) joined[index] = period.charCodeAt(index);
  joined[period.length] = KEY_SEPARATOR;
  joined.set(key, period.length + 1);
  return joined;
}

/** Entries of one period, without it in their keys, in order. They are read to their end before the next period's. */
export interface PeriodEntries {
  readonly period: string;
  readonly entries: Iterable<TotalsEntry>;
}

/**
 * Entries that a PeriodKeyReader named, period by period, in order; without any entry one that has no period. Holds one at a time.
 * Throws invariant_violated for a key that begins with no period.
 */
export function* groupByPeriod(entries: Iterable<TotalsEntry>, unit: PeriodUnit): Generator<PeriodEntries, void> {
  const remaining = new Remaining(entries);
  if (remaining.first === undefined) yield { period: '', entries: [] };
  while (remaining.first !== undefined) {
    const { key } = remaining.first;
    const period = key.subarray(0, PERIOD_CHARACTERS[unit]);
    assertInvariant(hasPeriod(key, period) && key.length > period.length + 1, `a key of ${key.length} bytes begins with no ${unit}`);
    yield { period: decodeUtf8(period), entries: takeOf(period, remaining) };
  }
}

function* takeOf(period: Uint8Array, remaining: Remaining): Generator<TotalsEntry, void> {
  for (; remaining.first !== undefined && hasPeriod(remaining.first.key, period); remaining.advance())
    yield { ...remaining.first, key: remaining.first.key.subarray(period.length + 1) };
}

/** Entries of which the first can be looked at before it is taken. */
class Remaining {
  first: TotalsEntry | undefined;
  private readonly entries: Iterator<TotalsEntry>;

  constructor(entries: Iterable<TotalsEntry>) {
    this.entries = entries[Symbol.iterator]();
    this.advance();
  }

  advance(): void {
    const next = this.entries.next();
    this.first = next.done === true ? undefined : next.value;
  }
}

function hasPeriod(key: Uint8Array, period: Uint8Array): boolean {
  if (key[period.length] !== KEY_SEPARATOR) return false;
  // Those that follow each other differ in the last characters, if at all.
  for (let index = period.length - 1; index >= 0; index--) if (key[index] !== period[index]) return false;
  return true;
}

/** What a receipt says of the periods in these lists of entries, of which each is sorted. */
export function describePeriods(lists: Iterable<Iterable<TotalsEntry>>, unit: PeriodUnit): ReceiptPeriods {
  const found = new Set<string>();
  for (const list of lists) {
    for (const { period, entries } of groupByPeriod(list, unit)) {
      if (period !== '') found.add(period);
      // They are passed over.
      for (const _ of entries);
    }
  }
  const inOrder = [...found].sort();
  const [firstPeriod] = inOrder;
  const lastPeriod = inOrder.at(-1);
  return { periods: found.size, ...(firstPeriod !== undefined && lastPeriod !== undefined && { firstPeriod, lastPeriod }) };
}
