import { VERIFY_MISMATCHES_MAX } from '../../core/limits';
import type { Mismatch } from '../sink';

/** What a verification found so far: the first of them, up to a bound. */
export class Mismatches {
  readonly found: Mismatch[] = [];

  get isFull(): boolean {
    return this.found.length >= VERIFY_MISMATCHES_MAX;
  }

  /** Notes a mismatch unless the two are the same. */
  expect(check: string, subject: string, expected: Printable, found: Printable): void {
    if (expected !== found && !this.isFull) this.found.push({ check, subject, expected: String(expected), found: String(found) });
  }
}

type Printable = string | number | bigint | boolean | null;
