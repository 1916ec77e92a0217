import { ApplicationFailure, type WorkflowFailedError } from '@temporalio/client';

/** Why a workflow failed: the innermost cause is the one that says what was wrong; its type is a code of the catalogue, or there is none. */
export function innermostCause(error: WorkflowFailedError): { readonly cause: Error; readonly code: string | null } {
  let cause: Error = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  return { cause, code: cause instanceof ApplicationFailure ? (cause.type ?? null) : null };
}
