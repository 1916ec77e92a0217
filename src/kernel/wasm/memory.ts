/** Where what lies in the memory of one counter, and the masks that cut fields out of 16 bytes. Addresses in bytes. */

/** A line that does not end within this many bytes is left to the general way. Small enough that a window and its index stay in the first cache. */
export const WINDOW_BYTES: usize = 8192;
/** After a line that was left to the general way a smaller window is indexed, since another may follow. */
export const WINDOW_BYTES_MIN: usize = 512;

/** Below lie the compiler's own constants. */
const BASE: usize = 0x10000;
const VECTOR: usize = 16;

/** Vector n keeps the first n bytes, or the last n. What the compiler would build from constants in every turn of a loop is loaded. */
export const LEFT_MASKS: usize = BASE;
export const RIGHT_MASKS: usize = LEFT_MASKS + 17 * VECTOR;
/** Vector n has blanks beyond the first n bytes. */
export const LEFT_FILLS: usize = RIGHT_MASKS + 17 * VECTOR;
/** Vector n shifts bytes 0 to n - 1 by one, over byte n: takes a decimal point at n out. */
export const POINT_SHIFTS: usize = LEFT_FILLS + 17 * VECTOR;
/** What each field of the key is, in the order of the key: u32 each. */
export const KEY_FIELDS: usize = POINT_SHIFTS + 16 * VECTOR;
export const KEY_FIELDS_MAX: usize = 16;

/** u32 each: where the fields of the window's lines begin and end, see line-index.ts. Up to 64 are written at once. */
export const POSITIONS: usize = KEY_FIELDS + 4 * KEY_FIELDS_MAX;
export const POSITIONS_BYTES: usize = 4 * (WINDOW_BYTES + 128);
/** u32 each: the number of the first position after each line of the window. */
export const LINE_ENDS: usize = POSITIONS + POSITIONS_BYTES;
/** u32 each: the line feed of each line. */
export const LINE_FEEDS: usize = LINE_ENDS + POSITIONS_BYTES;
/** Records between the two steps that take them, 32 bytes each, see batch.ts. */
export const BATCH: usize = LINE_FEEDS + POSITIONS_BYTES;
export const BATCH_RECORDS: u32 = 128;
export const BATCH_RECORD_BYTES: usize = 32;
/** The longest key, with room for a vector that reaches beyond it. */
export const SCRATCH_KEY_BYTES: usize = 0x6000;
/** Keys of more than 16 bytes of these records, and of the one that is being put together, padded with zeros to whole vectors. */
export const BATCH_KEYS: usize = BATCH + (BATCH_RECORDS as usize) * BATCH_RECORD_BYTES;
export const BATCH_KEYS_BYTES: usize = 0x10000;
/** u32 each, only for CSV: how many quotes the window has up to the end of each line. */
export const LINE_QUOTES: usize = BATCH_KEYS + BATCH_KEYS_BYTES + SCRATCH_KEY_BYTES;
/** Texts of periods, each with its number and its length before it, see timestamps.ts. */
export const PERIODS: usize = LINE_QUOTES + POSITIONS_BYTES;
export const PERIODS_MAX: u32 = 2048;
export const PERIOD_BYTES: usize = 32;
/** A key that the host gives. */
export const SCRATCH_KEY: usize = PERIODS + (PERIODS_MAX as usize) * PERIOD_BYTES;
/** 256 counters and 256 cursors for each level of a sort. */
export const SORT_COUNTERS: usize = SCRATCH_KEY + SCRATCH_KEY_BYTES;
export const SORT_LEVELS_MAX: u32 = 40;
export const SORT_LEVEL_BYTES: usize = 2 * 4 * 256;
/** Of short lines, see pair-line.ts: shapes, vectors, and u32 each: the place of the first number of so many digits. */
export const LINE_SHAPES: usize = (SORT_COUNTERS + (SORT_LEVELS_MAX as usize) * SORT_LEVEL_BYTES + 63) & ~63;
export const LINE_SHAPES_BYTES: usize = 33 << 10;
export const PAIR_VECTORS: usize = LINE_SHAPES + LINE_SHAPES_BYTES;
export const NUMBER_STARTS: usize = PAIR_VECTORS + 16 * VECTOR;
/** What the encoder hands out at once. */
export const OUTPUT: usize = NUMBER_STARTS + 64;
export const OUTPUT_BYTES: usize = 0x40000;
/** A chunk of the file, with room on both sides for vectors that reach beyond it. */
export const CHUNK: usize = OUTPUT + OUTPUT_BYTES + 64;
export const CHUNK_BYTES: usize = 0x100000;
/** Sums and counts of keys that are numbers of up to seven digits, 64 bits each, see pairs.ts. What is not touched takes no memory. */
export const NUMBERS: usize = (CHUNK + CHUNK_BYTES + 64 + 0xffff) & ~0xffff;
export const NUMBERS_MAX: u32 = 11_111_110;
/** And those of up to six digits, which lie first. */
export const NARROW_MAX: u32 = 1_111_110;
export const NUMBER_BYTES: usize = 16;
/** Records on their way to the numbers of one part, 8 bytes each, see parts.ts; and where the next one of each part goes, u32 each. */
export const PARTS: usize = NUMBERS + (NUMBERS_MAX as usize) * NUMBER_BYTES;
export const PART_BITS: u32 = 18;
export const PARTS_MAX: usize = ((NUMBERS_MAX >> PART_BITS) as usize) + 1;
export const PART_BYTES: usize = 0x50000;
export const PART_ENDS: usize = PARTS + PARTS_MAX * PART_BYTES;
/** Here the table begins, see table.ts, to the end of the memory, which grows with it. */
export const TABLE: usize = (PART_ENDS + 4 * PARTS_MAX + 64 + 0xffff) & ~0xffff;
export const SLOTS_MAX: u32 = 1 << 24;
export const LONG_KEYS_BYTES_MAX: usize = 256 << 20;
export const ENTRY_BYTES: usize = 32;
export const ENTRIES_MAX: u32 = 12_000_000;

/** Merging needs no table: its runs, windows and output lie where the entries would. */
export const MERGE_RUNS_MAX: u32 = 512;
export const MERGE_RUN_BYTES: usize = 32;
export const MERGE_WINDOW_BYTES: usize = 0x10000;
export const MERGE_OUTPUT_BYTES: usize = 0x40000;
export const MERGE_RUNS: usize = TABLE;
export const MERGE_OUTPUT: usize = MERGE_RUNS + (MERGE_RUNS_MAX as usize) * MERGE_RUN_BYTES;
export const MERGE_WINDOWS: usize = MERGE_OUTPUT + MERGE_OUTPUT_BYTES;

export function fillMasks(): void {
  for (let length: usize = 0; length <= VECTOR; length++) {
    for (let index: usize = 0; index < VECTOR; index++) {
      store<u8>(LEFT_MASKS + length * VECTOR + index, index < length ? 0xff : 0);
      store<u8>(LEFT_FILLS + length * VECTOR + index, index < length ? 0 : 0x20);
      store<u8>(RIGHT_MASKS + length * VECTOR + index, index >= VECTOR - length ? 0xff : 0);
      // A lane number beyond 15 gives 0.
      if (length < VECTOR) store<u8>(POINT_SHIFTS + length * VECTOR + index, index > length ? (index as u8) : ((index - 1) as u8));
    }
  }
}

@inline
export function leftMask(length: usize): v128 {
  return v128.load(LEFT_MASKS + length * VECTOR);
}

@inline
export function rightMask(length: usize): v128 {
  return v128.load(RIGHT_MASKS + length * VECTOR);
}
