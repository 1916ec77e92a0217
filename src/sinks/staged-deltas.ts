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
  private sums = new Float64Array(INITIAL_DELTAS);
  private counts = new Float64Array(INITIAL_DELTAS);
  /** By index: those whose sum or count a number does not hold exactly. */
  private readonly large = new Map<number, { readonly sum: bigint; readonly count: bigint }>();
  /** Nor do 64 bits. */
  private isBeyond64 = false;

  add(place: number, ordinal: number, sum: number | bigint, count: number | bigint): void {
    if (this.length === this.places.length) this.grow();
    const index = this.length++;
    this.places[index] = place;
    this.ordinals[index] = ordinal;
    this.sums[index] = Number(sum);
    this.counts[index] = Number(count);
    if (!isSafe(sum) || !isSafe(count)) this.addLarge(index, BigInt(sum), BigInt(count));
  }

  at(index: number): StagedDelta {
    const [place, ordinal, sum, count] = [this.places[index], this.ordinals[index], this.sums[index], this.counts[index]];
    const isThere = index < this.length && place !== undefined && ordinal !== undefined && sum !== undefined && count !== undefined;
    if (!isThere) throw new RangeError(`there is no staged delta ${index}`);
    return { place, ordinal, ...(this.large.get(index) ?? { sum: BigInt(sum), count: BigInt(count) }) };
  }

  placeAt(index: number): number {
    return this.places[index] ?? -1;
  }

  /** By place, of deltas none of which is negative; null where one does not fit signed 64 bits. */
  sumsOf(places: number): { readonly sums: ArrayLike<number | bigint>; readonly counts: ArrayLike<number | bigint> } | null {
    if (this.isBeyond64) return null;
    return this.numbersOf(places) ?? this.bigintsOf(places);
  }

  /** Null where one is too large for a number. */
  private numbersOf(places: number): { readonly sums: Float64Array; readonly counts: Float64Array } | null {
    const [sums, counts] = [new Float64Array(places), new Float64Array(places)];
    for (let index = 0; index < this.length; index += 1) {
      const place = this.places[index] ?? 0;
      const sum = (sums[place] ?? 0) + (this.sums[index] ?? 0);
      const count = (counts[place] ?? 0) + (this.counts[index] ?? 0);
      if (sum > Number.MAX_SAFE_INTEGER || count > Number.MAX_SAFE_INTEGER) return null;
      sums[place] = sum;
      counts[place] = count;
    }
    return { sums, counts };
  }

  private bigintsOf(places: number): { readonly sums: BigInt64Array; readonly counts: BigInt64Array } | null {
    const [sums, counts] = [new BigInt64Array(places), new BigInt64Array(places)];
    for (let index = 0; index < this.length; index += 1) {
      const delta = this.at(index);
      // Two that are not negative and fit wrap into a negative one, or fit.
      const sum = BigInt.asIntN(64, (sums[delta.place] ?? 0n) + delta.sum);
      const count = BigInt.asIntN(64, (counts[delta.place] ?? 0n) + delta.count);
      if (sum < 0n || count < 0n) return null;
      sums[delta.place] = sum;
      counts[delta.place] = count;
    }
    return { sums, counts };
  }

  private addLarge(index: number, sum: bigint, count: bigint): void {
    this.large.set(index, { sum, count });
    if (BigInt.asIntN(64, sum) !== sum || BigInt.asIntN(64, count) !== count) this.isBeyond64 = true;
  }

  private grow(): void {
    const capacity = 2 * this.places.length;
    const { places, ordinals, sums, counts } = this;
    this.places = new Int32Array(capacity);
    this.places.set(places);
    this.ordinals = new Int32Array(capacity);
    this.ordinals.set(ordinals);
    this.sums = new Float64Array(capacity);
    this.sums.set(sums);
    this.counts = new Float64Array(capacity);
    this.counts.set(counts);
  }
}

function isSafe(value: number | bigint): boolean {
  return typeof value === 'number' || (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER);
}
