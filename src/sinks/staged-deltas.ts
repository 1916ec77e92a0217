/** Deltas in the order of staging, in flat arrays: hundreds of thousands of them are no work for the garbage collector. */
const INITIAL_DELTAS = 1024;

export interface StagedDelta {
  /** Of its address. */
  readonly place: number;
  readonly ordinal: number;
  readonly sum: bigint;
  readonly count: bigint;
}

export class StagedDeltas {
  length = 0;
  private places = new Int32Array(INITIAL_DELTAS);
  private ordinals = new Int32Array(INITIAL_DELTAS);
  /** Their low 64 bits, signed. */
  private sums = new BigInt64Array(INITIAL_DELTAS);
  private counts = new BigInt64Array(INITIAL_DELTAS);
  /** By index: those whose sum or count 64 bits do not hold. */
  private readonly large = new Map<number, { readonly sum: bigint; readonly count: bigint }>();

  add(place: number, ordinal: number, sum: bigint, count: bigint): void {
    if (this.length === this.places.length) this.grow();
    const index = this.length++;
    this.places[index] = place;
    this.ordinals[index] = ordinal;
    this.sums[index] = sum;
    this.counts[index] = count;
    if (this.sums[index] !== sum || this.counts[index] !== count) this.large.set(index, { sum, count });
  }

  at(index: number): StagedDelta {
    const [place, ordinal, sum, count] = [this.places[index], this.ordinals[index], this.sums[index], this.counts[index]];
    const isThere = index < this.length && place !== undefined && ordinal !== undefined && sum !== undefined && count !== undefined;
    if (!isThere) throw new RangeError(`there is no staged delta ${index}`);
    return { place, ordinal, ...(this.large.get(index) ?? { sum, count }) };
  }

  placeAt(index: number): number {
    return this.places[index] ?? -1;
  }

  /** By place, of deltas none of which is negative; null where one does not fit signed 64 bits. */
  sumsOf(places: number): { readonly sums: BigInt64Array; readonly counts: BigInt64Array } | null {
    if (this.large.size > 0) return null;
    const [sums, counts] = [new BigInt64Array(places), new BigInt64Array(places)];
    for (let index = 0; index < this.length; index += 1) {
      const place = this.places[index] ?? 0;
      // Two that are not negative and fit wrap into a negative one, or fit.
      const sum = BigInt.asIntN(64, (sums[place] ?? 0n) + (this.sums[index] ?? 0n));
      const count = BigInt.asIntN(64, (counts[place] ?? 0n) + (this.counts[index] ?? 0n));
      if (sum < 0n || count < 0n) return null;
      sums[place] = sum;
      counts[place] = count;
    }
    return { sums, counts };
  }

  private grow(): void {
    const capacity = 2 * this.places.length;
    const { places, ordinals, sums, counts } = this;
    this.places = new Int32Array(capacity);
    this.places.set(places);
    this.ordinals = new Int32Array(capacity);
    this.ordinals.set(ordinals);
    this.sums = new BigInt64Array(capacity);
    this.sums.set(sums);
    this.counts = new BigInt64Array(capacity);
    this.counts.set(counts);
  }
}
