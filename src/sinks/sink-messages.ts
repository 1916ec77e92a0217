/** What crosses the edge between a sink's thread and the one that calls it. All of it can be cloned structurally. */
import { FAILURES, TallylineFailure, type FailureCode } from '../core/failures';
import type { Sink } from './sink';

export interface SinkRequest {
  readonly id: number;
  readonly method: keyof Sink;
  readonly argument: unknown;
}

export type SinkReply =
  | { readonly id: number; readonly kind: 'result'; readonly result: unknown }
  | { readonly id: number; readonly kind: 'failure'; readonly failure: FailureMessage };

/** code is null for an error that nobody threw on purpose. */
export interface FailureMessage {
  readonly code: FailureCode | null;
  readonly fact: string;
}

export function toFailureMessage(error: unknown): FailureMessage {
  // By shape: under a test runner one class may exist twice.
  const { code, fact } = error as Partial<TallylineFailure>;
  if (code !== undefined && fact !== undefined && Object.hasOwn(FAILURES, code)) return { code, fact };
  return { code: null, fact: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function toError({ code, fact }: FailureMessage): Error {
  return code === null ? new Error(fact) : new TallylineFailure(code, fact);
}
