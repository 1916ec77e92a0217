import { readFileSync } from 'node:fs';
import type { ClaimCheckOptions } from './claim-checks';
import { TallylineFailure } from '../core/failures';

/** Plain data: it crosses thread and process edges. No password: that is read where it is needed. */
export interface PostgresSinkOptions {
  readonly kind: 'postgres';
  /** Tried in this order until one answers that is no standby. */
  readonly hosts: readonly PostgresHost[];
  readonly database: string;
  readonly user: string;
  /** Read for each new connection, so that a password can be changed. Without it PGPASSWORD of the environment, or none. */
  readonly passwordFile?: string;
  readonly schema: string;
  readonly tls: PostgresTls;
  /** Most connections of this process. */
  readonly connections: number;
  /** Where partials and checkpoints lie; without it in the database. */
  readonly claimChecks?: ClaimCheckOptions;
  /** For who only reads: nothing is created, and a database without the tables is `sink_unavailable`. */
  readonly mustExist?: boolean;
  /** Only tests take another. */
  readonly commitTimeoutMs?: number;
}

export interface PostgresHost {
  readonly host: string;
  readonly port: number;
}

export interface PostgresTls {
  /** require: encrypted, with whomever. verify-full: with a server whose certificate is good for its name. */
  readonly mode: 'disable' | 'require' | 'verify-full';
  /** Certificates (PEM) of who signs the server's. Without it those that Node trusts. */
  readonly caFile?: string;
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** As it stands in SQL. Quoted, and of letters that need no quoting: either alone keeps a name from being more than a name. Throws config_invalid. */
export function quoteSchema(schema: string): string {
  if (!SCHEMA_NAME.test(schema) || schema.startsWith('pg_')) {
    throw new TallylineFailure(
      'config_invalid',
      `sink.schema cannot be ${JSON.stringify(schema)}: it takes lower-case letters, digits and \`_\`, at most 63, not starting with a digit or \`pg_\``,
    );
  }
  return `"${schema}"`;
}

/** As messages show a server. */
export function showHost({ host, port }: PostgresHost): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Throws sink_unavailable when the file cannot be read. */
export function readPassword({ passwordFile }: PostgresSinkOptions): string | undefined {
  if (passwordFile === undefined) return process.env['PGPASSWORD'];
  // A file that an editor wrote ends with a line feed, which belongs to no password.
  return readSecret(passwordFile).replace(/\r?\n$/, '');
}

/** What `tls` of the driver takes. Throws sink_unavailable when the certificates cannot be read. */
export function tlsOf({ tls }: PostgresSinkOptions, { host }: PostgresHost): false | Readonly<Record<string, unknown>> {
  if (tls.mode === 'disable') return false;
  const ca = tls.caFile === undefined ? {} : { ca: readSecret(tls.caFile) };
  // Without `host` a certificate would be compared with "localhost" wherever the server is named by its address.
  return { ...ca, host, rejectUnauthorized: tls.mode === 'verify-full' };
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TallylineFailure('sink_unavailable', `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
