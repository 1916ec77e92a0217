/** What is thrown on purpose: a fact under a code of the catalogue. */
import { failureCatalogue } from './failure-catalogue';
import type { FailureEntry } from './failure-entry';

export type FailureCode = keyof typeof failureCatalogue;
export const FAILURES: Readonly<Record<FailureCode, FailureEntry>> = failureCatalogue;

export type QuarantineReason = {
  [Code in FailureCode]: (typeof failureCatalogue)[Code]['effect'] extends 'quarantine' ? Code : never;
}[FailureCode];

export function isQuarantineReason(code: string): code is QuarantineReason {
  return Object.hasOwn(FAILURES, code) && FAILURES[code as FailureCode].effect === 'quarantine';
}

/** The one error type that Tallyline throws on purpose: a fact about a subject, under a stable code. */
export class TallylineFailure extends Error {
  override readonly name = 'TallylineFailure';

  constructor(
    readonly code: FailureCode,
    readonly fact: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${fact} [${code}]: ${FAILURES[code].consequence}. What to do: ${FAILURES[code].remedy}.`, options);
  }
}

/** The fact in the text of a TallylineFailure that only its text is left of. */
export function factOf(message: string, code: string): string {
  return message.split(` [${code}]`, 1)[0] ?? message;
}

/** Throws invariant_violated unless `condition` holds. */
export function assertInvariant(condition: boolean, fact: string): asserts condition {
  if (!condition) throw new TallylineFailure('invariant_violated', fact);
}
