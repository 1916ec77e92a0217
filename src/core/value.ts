/** Values: decimal text to an integer scaled by a power of ten, and back. Never a float with a fraction. */
import type { Format } from './format';
import { INT64_MAX, INT64_MIN } from './limits';
import type { RejectReason } from './reject';

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Any integer of this many digits is exact as a number. */
const EXACT_DIGITS = 15;
/** 2^63 has 19 digits. */
const INT64_DIGITS = 19;
const POWERS_OF_TEN: readonly number[] = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

type ValueReject = Extract<RejectReason, 'value_syntax' | 'value_range'>;

/** Reads one value at a time; the result stays in its members until the next, so that the common case allocates nothing. */
export class ValueReader {
  /** The scaled value where it is exact as a number; else see `large`. */
  number = 0;
  large: bigint | null = null;
  private readonly scale: number;
  private readonly allowNegative: boolean;

  constructor({ scale, allowNegative }: Pick<Format, 'scale' | 'allowNegative'>) {
    this.scale = scale;
    this.allowNegative = allowNegative;
  }

  /** Why bytes [start, end) are no value, or null. */
  read(bytes: Uint8Array, start: number, end: number): ValueReject | null {
    const isNegative = this.allowNegative && start < end && bytes[start] === MINUS;
    const digitsStart = isNegative ? start + 1 : start;
    let index = digitsStart;
    let mantissa = 0;
    for (; index < end; index++) {
      const digit = (bytes[index] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    if (index === digitsStart) return 'value_syntax';
    let fractionDigits = 0;
    if (index < end) {
      if (this.scale === 0 || bytes[index] !== POINT) return 'value_syntax';
      const fractionStart = ++index;
      for (; index < end; index++) {
        const digit = (bytes[index] ?? 0) - ZERO;
        if (digit < 0 || digit > 9) return 'value_syntax';
        mantissa = mantissa * 10 + digit;
      }
      fractionDigits = index - fractionStart;
      if (fractionDigits === 0 || fractionDigits > this.scale) return 'value_syntax';
    }
    const missingDigits = this.scale - fractionDigits;
    if (end - digitsStart + missingDigits > EXACT_DIGITS) return this.readLarge(bytes, digitsStart, end, isNegative, missingDigits);
    const magnitude = mantissa * (POWERS_OF_TEN[missingDigits] ?? 1);
    this.number = isNegative ? 0 - magnitude : magnitude;
    this.large = null;
    return null;
  }

  /** The same for text of many digits, of which most may be leading zeros. Its syntax is judged already. */
  private readLarge(bytes: Uint8Array, start: number, end: number, isNegative: boolean, missingDigits: number): ValueReject | null {
    let text = '';
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0;
      if (byte === POINT || (byte === ZERO && text === '')) continue;
      text += String.fromCharCode(byte);
      if (text.length > INT64_DIGITS) return 'value_range';
    }
    const magnitude = BigInt(text) * 10n ** BigInt(missingDigits);
    const value = isNegative ? -magnitude : magnitude;
    if (value > INT64_MAX || value < INT64_MIN) return 'value_range';
    this.number = Number(value);
    this.large = Number.isSafeInteger(this.number) ? null : value;
    return null;
  }
}

/** For people: 150 at scale 2 is 1.50. */
export function formatScaled(scaled: bigint, scale: number): string {
  if (scale === 0) return String(scaled);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(scale + 1, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
