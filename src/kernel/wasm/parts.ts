/**
 * Numbers of seven digits lie over so much memory that the processor would wait for each. So records are put by in parts, each of the
 * numbers that begin with the same bits, and added up a part at a time, whose pages and lines are found again.
 */
import { NUMBER_BYTES, NUMBERS, PARTS, PARTS_MAX, PART_BITS, PART_BYTES, PART_ENDS } from './memory';

/** A window has at most so many bytes of records. */
const RESERVED_BYTES: usize = 0x10000;

export function clearParts(): void {
  for (let part: usize = 0; part < PARTS_MAX; part++) store<u32>(PART_ENDS + 4 * part, (PARTS + part * PART_BYTES) as u32);
}

/** `record`: the value above the number of its key's place. There must be room. */
@inline
export function putBy(record: u64): void {
  const part: usize = 4 * (((record as u32) >> PART_BITS) as usize);
  const end: usize = load<u32>(part, PART_ENDS);
  store<u64>(end, record);
  store<u32>(part, (end as u32) + 8, PART_ENDS);
}

/** Makes room for what another window has. */
export function takeFullParts(): void {
  for (let part: usize = 0; part < PARTS_MAX; part++) {
    const start = PARTS + part * PART_BYTES;
    if ((load<u32>(PART_ENDS + 4 * part) as usize) > start + PART_BYTES - RESERVED_BYTES) takePart(part);
  }
}

export function takeParts(): void {
  for (let part: usize = 0; part < PARTS_MAX; part++) takePart(part);
}

export function takePart(part: usize): void {
  const start = PARTS + part * PART_BYTES;
  const end: usize = load<u32>(PART_ENDS + 4 * part);
  for (let at = start; at < end; at += 8) {
    const record = load<u64>(at);
    const place = ((record as u32) as usize) * NUMBER_BYTES;
    v128.store(place, i64x2.add(v128.load(place, NUMBERS), i64x2(record >> 32, 1)), NUMBERS);
  }
  store<u32>(PART_ENDS + 4 * part, start as u32);
}
