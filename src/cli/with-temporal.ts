/** A Temporal client for one command, and whatever Temporal answers instead of doing it as one code: never a stack trace of its libraries. */
import { Client, Connection, isGrpcServiceError, NamespaceNotFoundError, ServiceError } from '@temporalio/client';
import type { Config } from '../config/config';
import { TallylineFailure } from '../core/failures';
import { applyProfile, clientOptions, connectionOptions } from '../workers/temporal-target';

const CONNECT_TIMEOUT = '5s';

/** Throws `temporal_unavailable` when nothing answers at the configured address, or stops to. */
export async function withTemporal<Result>(
  config: Config,
  work: (client: Client, connection: Connection) => Promise<Result>,
): Promise<Result> {
  const reached = applyProfile(config);
  const { temporal } = reached;
  const options = connectionOptions(temporal);
  const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT }).catch((error: unknown) => {
    throw new TallylineFailure('temporal_unavailable', `no Temporal server answers at ${temporal.address}`, { cause: error });
  });
  try {
    return await translateTemporalErrors(reached, () => work(new Client({ connection, ...clientOptions(temporal) }), connection));
  } finally {
    await connection.close();
  }
}

/** Errors of Temporal's server become `temporal_unavailable`; all others pass. */
export async function translateTemporalErrors<Result>({ temporal }: Config, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const answer = serverAnswer(error);
    if (answer === null) throw error;
    const fact = `Temporal at ${temporal.address} did not do it in namespace ${temporal.namespace}: ${answer}`;
    throw new TallylineFailure('temporal_unavailable', fact, { cause: error });
  }
}

function serverAnswer(error: unknown): string | null {
  if (error instanceof NamespaceNotFoundError) return error.message;
  if (isGrpcServiceError(error)) return error.details || error.message;
  if (!(error instanceof ServiceError)) return null;
  return `${error.message} (${serverAnswer(error.cause) ?? 'no details'})`;
}
