import { ByteReader, unusable } from './byte-reader';
import { NOT_IN_ORDER, requireSum } from './entry-codec';

/**
 * Encoded entries with nothing before them, one after the other and in place: nothing is made for one, so that hundreds of thousands
 * are no work for the garbage collector.
 */
export class EntryCursor {
  /** Of the entry that `next` came to: its key is bytes [keyStart, keyEnd). */
  keyStart = 0;
  keyEnd = 0;
  /** Numbers where they are small, which most are; each is exact. */
  sum: number | bigint = 0;
  count: number | bigint = 0;
  private readonly reader: ByteReader;

  constructor(readonly bytes: Uint8Array) {
    this.reader = new ByteReader(bytes);
  }

  /** False at the end. Throws checkpoint_unusable where iterateEncoded does. */
  next(): boolean {
    const { reader } = this;
    if (reader.position === this.bytes.length) return false;
    const [previousStart, previousEnd] = [this.keyStart, this.keyEnd];
    const length = reader.number();
    this.keyStart = reader.skip(length);
    this.keyEnd = this.keyStart + length;
    // The first entry has none before it.
    if (previousStart > 0 && !reader.isBefore(previousStart, previousEnd - previousStart, this.keyStart, length))
      throw unusable(NOT_IN_ORDER);
    this.sum = reader.signedInteger();
    this.count = reader.integer();
    if (typeof this.sum === 'bigint') requireSum(this.sum);
    return true;
  }

  /** In a copy. */
  key(): Uint8Array {
    return this.bytes.slice(this.keyStart, this.keyEnd);
  }
}
