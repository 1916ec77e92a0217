/** What the server or the connection to it said, under Tallyline's codes. */
import { TallylineFailure } from '../core/failures';

/** Fields of an error as the server sends it. By shape: under a test runner one class may exist twice. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly detail?: string;
}

/** The server broke a cycle of locks, or could not keep the order: nothing happened, and the same again will do. */
const TRY_AGAIN = new Set(['40001', '40P01']);
/**
 * The server cannot serve now, or not so: gone, going, standby, full, out of memory or connections, busy beyond a timeout, the role
 * may not, the tables are not there, a page is damaged. What is not here is a defect or a broken rule.
 */
const UNAVAILABLE = /^(08|28|40|53|57|58|XX|55P03|25006|25P03|25P04|42501|42P01|3D000|3F000)/;
/** The server ended the statement, and took the transaction back before it said so. */
const ROLLED_BACK = /^(22|23|25|40(?!003)|42|54|55)/;

export function isServerError(error: unknown): error is ServerError {
  const { code, severity } = (error ?? {}) as Partial<ServerError>;
  return typeof code === 'string' && typeof severity === 'string';
}

/** `place` names the server. */
export function translatePostgresError(error: unknown, place: string): TallylineFailure {
  if (error instanceof TallylineFailure) return error;
  if (!isServerError(error)) return new TallylineFailure('sink_unavailable', `${place}: ${describe(error)}`, { cause: error });
  const fact = `${place}: ${error.code === '25006' ? 'it takes no writes; connected to a standby' : error.message} (${error.code})`;
  return new TallylineFailure(UNAVAILABLE.test(error.code) ? 'sink_unavailable' : 'invariant_violated', fact, { cause: error });
}

/** A commit was sent: whether it happened is known only when the server itself says that it did not. */
export function translateCommitError(error: unknown, place: string): TallylineFailure {
  if (isServerError(error) && error.severity === 'ERROR' && ROLLED_BACK.test(error.code)) return translatePostgresError(error, place);
  return commitUnknown(place, describe(error), error);
}

export function commitUnknown(place: string, fact: string, cause?: unknown): TallylineFailure {
  return new TallylineFailure('commit_unknown', `${place}: the answer to a commit is missing: ${fact}`, { cause });
}

export function mayBeTriedAgain(error: unknown): boolean {
  return error instanceof TallylineFailure && isServerError(error.cause) && TRY_AGAIN.has(error.cause.code);
}

/** An integer left 64 bits. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof TallylineFailure && isServerError(error.cause) && error.cause.code === '22003';
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses of one name were tried.
  if (error instanceof AggregateError) return error.errors.map(describe).join(', ');
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && !error.message.includes(code) ? `${error.message} (${code})` : error.message;
}
