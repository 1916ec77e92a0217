/** Structured logs: one JSON object a line on stderr, static messages with fields. stdout belongs to data. */
import { types } from 'node:util';

import { destination, pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

import { TallylineFailure } from '../core/failures';

/** Fields that many lines share; others are free. `sourceKey` is always in its escaped form. */
export interface LogFields {
  readonly pipeline?: string;
  readonly workflowId?: string;
  readonly fileId?: string;
  readonly sourceKey?: string;
  readonly [field: string]: unknown;
}

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const SECRETS = ['password', 'secret', 'token', 'apiKey', 'authorization', 'credentials', 'secretAccessKey', 'privateKey'];

/**
 * Throws config_invalid for a level that does not exist (TALLYLINE_LOG_LEVEL: debug, info, warn, error).
 * `stream`: another place than stderr, for tests.
 */
export function createLogger(environment: Readonly<Record<string, string | undefined>> = process.env, stream?: DestinationStream): Logger {
  const level = environment['TALLYLINE_LOG_LEVEL'] ?? 'info';
  if (!LEVELS.some((known) => known === level)) {
    throw new TallylineFailure('config_invalid', `TALLYLINE_LOG_LEVEL cannot be "${level}"; allowed: ${LEVELS.join(', ')}`);
  }
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
    // pino matches exact depths: a secret is hidden at the top and one level down.
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
  };
  // Synchronous: a line written before a crash is there after it.
  return wrap(pino(options, stream ?? destination({ fd: 2, sync: true })));
}

function wrap(inner: PinoLogger): Logger {
  const write =
    (level: (typeof LEVELS)[number]) =>
    (message: string, fields: LogFields = {}) => {
      inner[level](fields, message);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => wrap(inner.child(fields)),
  };
}

/** What a log line keeps of an error: for failures on purpose their code and fact, and always its cause. */
function describeError(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const cause = error.cause === undefined ? {} : { cause: types.isNativeError(error.cause) ? String(error.cause) : error.cause };
  return error instanceof TallylineFailure
    ? { code: error.code, fact: error.fact, ...cause }
    : { name: error.name, message: error.message, stack: error.stack, ...cause };
}
