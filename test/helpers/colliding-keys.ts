/** Keys that the kernel's hash (src/kernel/wasm/table.ts) does not tell apart: whoever knows it can solve it. */

const PRIME_1 = 0x9e3779b97f4a7c15n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const INVERSE_1 = inverse(PRIME_1);
const INVERSE_2 = inverse(PRIME_2);
const WORD_BYTES = 8;
const LONG_KEY_BYTES = 32;

/** `count` keys of 16 printable characters with this hash. */
export function collidingShortKeys(hash: bigint, count: number, random: () => number): string[] {
  return distinct(count, () => {
    const high = printableWord(random);
    const low = word((hash ^ (high * PRIME_2)) * INVERSE_1);
    return [low, high];
  });
}

/** `count` keys of 32 printable characters with one hash, which differ in their first or in their last 16. */
export function collidingLongKeys(where: 'first' | 'last', count: number, random: () => number): string[] {
  const start = word(BigInt(LONG_KEY_BYTES) * PRIME_2);
  const fixed = [printableWord(random), printableWord(random)];
  const state = where === 'first' ? start : afterBlock(start, fixed);
  const target = word(blockOf(state, [printableWord(random), printableWord(random)]));
  return distinct(count, () => {
    const low = printableWord(random);
    const high = word((target - word(rotate(state) ^ (low * PRIME_1))) * INVERSE_2);
    return where === 'first' ? [low, high, ...fixed] : [...fixed, low, high];
  });
}

function blockOf(state: bigint, [low = 0n, high = 0n]: readonly bigint[]): bigint {
  return word(word(rotate(state) ^ (low * PRIME_1)) + high * PRIME_2);
}

function afterBlock(state: bigint, block: readonly bigint[]): bigint {
  const mixed = blockOf(state, block);
  return mixed ^ (mixed >> 32n);
}

/** Of those that `make` gives, words lowest byte first, some that are printable. */
function distinct(count: number, make: () => readonly bigint[]): string[] {
  const keys = new Set<string>();
  while (keys.size < count) {
    const key = make().map(textOf).join('');
    if (/^[!-~]+$/.test(key)) keys.add(key);
  }
  return [...keys];
}

function printableWord(random: () => number): bigint {
  let bytes = 0n;
  for (let index = 0; index < WORD_BYTES; index++) bytes = (bytes << 8n) | BigInt(0x61 + Math.floor(random() * 26));
  return bytes;
}

function textOf(bytes: bigint): string {
  const buffer = Buffer.alloc(WORD_BYTES);
  buffer.writeBigUInt64LE(bytes);
  return buffer.toString('latin1');
}

function word(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate(value: bigint): bigint {
  return word((value << 29n) | (value >> 35n));
}

/** Of an odd number, modulo 2^64: each step doubles the bits that are right. */
function inverse(odd: bigint): bigint {
  let guess = odd;
  for (let step = 0; step < 5; step++) guess = word(guess * (2n - odd * guess));
  return guess;
}
