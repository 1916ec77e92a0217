/**
 * Keys of records that have a period of their own: the period is the first field of the canonical key, so that entries are sorted and
 * merged by period and key like any others. Where totals are told or stored by period, it is taken off again.
 */
import { assertInvariant } from './failures';
import { KEY_SEPARATOR } from './key';
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

export interface PeriodAndKey {
  readonly period: string;
  /** Without the period; a view of the same memory. */
  readonly key: Uint8Array;
}

/** The period and the key of an entry that a PeriodKeyReader named. Throws invariant_violated for any other. */
export function takeOffPeriod(key: Uint8Array, unit: PeriodUnit): PeriodAndKey {
  const periodBytes = PERIOD_CHARACTERS[unit];
  assertInvariant(
    key.length > periodBytes + 1 && key[periodBytes] === KEY_SEPARATOR,
    `a key of ${key.length} bytes begins with no ${unit}`,
  );
  return { period: decodeUtf8(key.subarray(0, periodBytes)), key: key.subarray(periodBytes + 1) };
}
