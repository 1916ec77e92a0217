/** What an error of the SDK means. Its message is not passed on: services put request headers into some of them. */
import { BucketFailure, type BucketFault } from './bucket';

/** Codes that say more than their status does. */
const FAULT_BY_CODE: Readonly<Record<string, BucketFault>> = {
  NoSuchBucket: 'no_bucket',
  NoSuchKey: 'missing',
  NoSuchVersion: 'missing',
  InvalidObjectState: 'archived',
  PreconditionFailed: 'mismatch',
  SlowDown: 'away',
  RequestTimeout: 'away',
  OperationAborted: 'away',
};

const FAULT_BY_STATUS: Readonly<Record<number, BucketFault>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  408: 'away',
  409: 'away',
  412: 'mismatch',
  416: 'mismatch',
  429: 'away',
};

const SLOWED_DOWN: readonly string[] = ['SlowDown', 'ThrottlingException', 'TooManyRequests', 'RequestLimitExceeded'];

export function toBucketFailure(error: unknown, what: string): BucketFailure {
  if (error instanceof BucketFailure) return error;
  const { code, status } = describeError(error);
  const fault = FAULT_BY_CODE[code] ?? (status === undefined ? faultWithoutAnswer(code) : faultOf(status));
  return new BucketFailure(fault, `${what} was answered by ${status === undefined ? code : `${String(status)} ${code}`}`, {
    cause: hide(error),
  });
}

/** The service asks for fewer requests, rather than having a fault of its own. */
export function isSlowDown(error: unknown): boolean {
  const { code, status } = describeError(error);
  return status === 429 || status === 503 || SLOWED_DOWN.includes(code);
}

function faultOf(status: number): BucketFault {
  if (status >= 500) return 'away';
  // Something in front of the service answers for it: a redirect to another host, or a page in its place.
  if (status < 400) return 'away';
  return FAULT_BY_STATUS[status] ?? 'refused';
}

/** Nothing came, or what came is no answer of this service. Credentials that cannot be had are denied ones: they may come back. */
function faultWithoutAnswer(code: string): BucketFault {
  return code === 'CredentialsProviderError' ? 'denied' : 'away';
}

interface Described {
  readonly code: string;
  readonly status: number | undefined;
}

function describeError(error: unknown): Described {
  if (!(error instanceof Error)) return { code: 'an unknown error', status: undefined };
  const { $metadata, code, Code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown; Code?: unknown };
  const text = [Code, code].find((candidate): candidate is string => typeof candidate === 'string');
  return { code: text ?? error.name, status: $metadata?.httpStatusCode };
}

/** Name and place of an error without its text, which may hold what was sent. */
function hide(error: unknown): Error {
  const hidden = new Error('of the storage client');
  if (error instanceof Error) hidden.name = error.name;
  return hidden;
}
