/** First pass over a window: where its delimiters and line feeds are. No step depends on the one before, so the processor overlaps them. */
import { LINE_ENDS, LINE_FEEDS, LINE_QUOTES, POSITIONS } from './memory';

const LF: u8 = 0x0a;
const QUOTE: u8 = 0x22;

let delimiters: v128 = i8x16.splat(0x20);

export function setDelimiter(byte: u8): void {
  delimiters = i8x16.splat(byte as i8);
}

/** Bit n: byte n of the 64 from `at` on equals that of `wanted`. */
@inline
export function bitsOf(a: v128, b: v128, c: v128, d: v128, wanted: v128): u64 {
  return (
    (i8x16.bitmask(i8x16.eq(a, wanted)) as u64) |
    ((i8x16.bitmask(i8x16.eq(b, wanted)) as u64) << 16) |
    ((i8x16.bitmask(i8x16.eq(c, wanted)) as u64) << 32) |
    ((i8x16.bitmask(i8x16.eq(d, wanted)) as u64) << 48)
  );
}

/** Writes the places of the first four bits whether there are so many or not: cheaper than to ask. Gives the other bits. */
@inline
function writeFour(to: usize, bits: u64, at: usize): u64 {
  let rest = bits;
  store<u32>(to, (at + (ctz(rest) as usize)) as u32, 0);
  rest &= rest - 1;
  store<u32>(to, (at + (ctz(rest) as usize)) as u32, 4);
  rest &= rest - 1;
  store<u32>(to, (at + (ctz(rest) as usize)) as u32, 8);
  rest &= rest - 1;
  store<u32>(to, (at + (ctz(rest) as usize)) as u32, 12);
  rest &= rest - 1;
  return rest;
}

/** Writes the place of each bit, eight at a time; twelve of CSV, whose blocks often have a few more than eight. */
@inline
function writePositions(target: usize, bits: u64, at: usize, isCsv: bool): void {
  let rest = bits;
  let to = target;
  do {
    rest = writeFour(to, rest, at);
    rest = writeFour(to + 16, rest, at);
    if (isCsv) rest = writeFour(to + 32, rest, at);
    to += isCsv ? 48 : 32;
  } while (rest != 0);
}

/**
 * The window [start, end) where one byte separates. A line has the positions of its delimiters and of its line feed; POSITIONS[0] is
 * the byte before the first line. Gives how many lines end in the window; where is in LINE_FEEDS.
 */
export function indexLines(start: usize, end: usize): u32 {
  const separators = delimiters;
  const feeds = i8x16.splat(LF as i8);
  let positions: u32 = 1;
  let lineAt: usize = 0;
  store<u32>(POSITIONS, (start - 1) as u32);
  for (let at = start; at < end; at += 64) {
    const a = v128.load(at, 0);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const within = end - at < 64 ? ((1 as u64) << ((end - at) as u64)) - 1 : ~(0 as u64);
    let feedBits = bitsOf(a, b, c, d, feeds) & within;
    const bits = feedBits | (bitsOf(a, b, c, d, separators) & within);
    writePositions(POSITIONS + 4 * (positions as usize), bits, at, false);
    while (feedBits != 0) {
      const upTo = feedBits ^ (feedBits - 1);
      store<u32>(lineAt, positions + (popcnt(bits & upTo) as u32), LINE_ENDS);
      store<u32>(lineAt, (at + (ctz(feedBits) as usize)) as u32, LINE_FEEDS);
      lineAt += 4;
      feedBits &= feedBits - 1;
    }
    positions += popcnt(bits) as u32;
  }
  return (lineAt / 4) as u32;
}

/**
 * The same for CSV: no delimiter within quotes separates. Ends before a line that ends within quotes, which is for the general way.
 * LINE_QUOTES says of each line how many quotes the window has up to its end.
 */
export function indexCsvLines(start: usize, end: usize): u32 {
  const separators = delimiters;
  const feeds = i8x16.splat(LF as i8);
  const quotes = i8x16.splat(QUOTE as i8);
  let positions: u32 = 1;
  let lines: u32 = 0;
  let quotesBefore: u32 = 0;
  let carry: u64 = 0;
  store<u32>(POSITIONS, (start - 1) as u32);
  for (let at = start; at < end; at += 64) {
    const a = v128.load(at, 0);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    let within = end - at < 64 ? ((1 as u64) << ((end - at) as u64)) - 1 : ~(0 as u64);
    const quoteBits = bitsOf(a, b, c, d, quotes);
    const allFeeds = bitsOf(a, b, c, d, feeds);
    const inside = quoteBits == 0 ? carry : carry ^ insideOf(quoteBits);
    carry = ((inside as i64) >> 63) as u64;
    const openFeeds = allFeeds & inside & within;
    if (openFeeds != 0) within &= (openFeeds & (0 - openFeeds)) - 1;
    let feedBits = allFeeds & within;
    const bits = (feedBits | (bitsOf(a, b, c, d, separators) & within)) & ~inside;
    writePositions(POSITIONS + 4 * (positions as usize), bits, at, true);
    while (feedBits != 0) {
      const upTo = feedBits ^ (feedBits - 1);
      store<u32>(LINE_ENDS + 4 * (lines as usize), positions + (popcnt(bits & upTo) as u32));
      store<u32>(LINE_FEEDS + 4 * (lines as usize), (at + (ctz(feedBits) as usize)) as u32);
      store<u32>(LINE_QUOTES + 4 * (lines as usize), quotesBefore + (popcnt(quoteBits & upTo) as u32));
      lines++;
      feedBits &= feedBits - 1;
    }
    if (openFeeds != 0) break;
    positions += popcnt(bits) as u32;
    quotesBefore += popcnt(quoteBits) as u32;
  }
  return lines;
}

/** Bit n: an odd number of quotes up to byte n. */
@inline
function insideOf(quoteBits: u64): u64 {
  let bits = quoteBits ^ (quoteBits << 1);
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ (bits << 32);
}

/**
 * The same where runs of spaces and tabs separate: the positions of a line are where each of its fields begins and ends, from
 * POSITIONS[0] on.
 */
export function indexWhitespaceLines(start: usize, end: usize): u32 {
  const feeds = i8x16.splat(LF as i8);
  const spaces = i8x16.splat(0x20);
  const tabs = i8x16.splat(0x09);
  let positions: u32 = 0;
  let lines: u32 = 0;
  let isOutside: u64 = 1;
  for (let at = start; at < end; at += 64) {
    const a = v128.load(at, 0);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const within = end - at < 64 ? ((1 as u64) << ((end - at) as u64)) - 1 : ~(0 as u64);
    const allFeeds = bitsOf(a, b, c, d, feeds);
    const outside = allFeeds | bitsOf(a, b, c, d, spaces) | bitsOf(a, b, c, d, tabs);
    const bits = (outside ^ ((outside << 1) | isOutside)) & within;
    isOutside = outside >> 63;
    writePositions(POSITIONS + 4 * (positions as usize), bits, at, false);
    let feedBits = allFeeds & within;
    while (feedBits != 0) {
      const upTo = feedBits ^ (feedBits - 1);
      store<u32>(LINE_ENDS + 4 * (lines as usize), positions + (popcnt(bits & upTo) as u32));
      store<u32>(LINE_FEEDS + 4 * (lines as usize), (at + (ctz(feedBits) as usize)) as u32);
      lines++;
      feedBits &= feedBits - 1;
    }
    positions += popcnt(bits) as u32;
  }
  return lines;
}
