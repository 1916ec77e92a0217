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

  /** Notes what `work` throws as a mismatch: one damaged blob does not end the verification. */
  guard(check: string, subject: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.expect(check, subject, 'readable', error instanceof Error ? error.message : String(error));
    }
  }
}

type Printable = string | number | bigint | boolean | null;
