/**
 * How Temporal is reached: the address and namespace of the configuration, or a profile of the file that Temporal's own tools read
 * (https://docs.temporal.io/develop/environment-configuration), with TLS certificates or an API key; TEMPORAL_TLS_… and
 * TEMPORAL_API_KEY of the environment go before either.
 */
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Config } from '../config/config';
import { TallylineFailure } from '../core/failures';
import { PayloadEncryption } from './payload-encryption';

type TemporalConfig = Config['temporal'];

/** The configuration with the address and the namespace of its profile, if it names one. Throws config_invalid. */
export function applyProfile<Given extends { readonly temporal: TemporalConfig }>(config: Given): Given {
  const { temporal } = config;
  if (temporal.profile === undefined) return config;
  const { connectionOptions, namespace } = readProfile(temporal);
  const { address } = connectionOptions;
  return { ...config, temporal: { ...temporal, ...(address !== undefined && { address }), ...(namespace !== undefined && { namespace }) } };
}

/** Address, TLS, API key and headers, for either kind of connection. Throws config_invalid. */
export function connectionOptions(temporal: TemporalConfig): Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey' | 'metadata'> {
  const { tls, apiKey, metadata } = readProfile(temporal).connectionOptions;
  return {
    address: temporal.address,
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata && { metadata }),
  };
}

/** What clients and workers have in common. Throws config_invalid. */
export function clientOptions({ namespace, encryption }: TemporalConfig): { namespace: string; dataConverter?: DataConverter } {
  const codec = encryption && PayloadEncryption.open({ keysFile: encryption.keysFile, isRequired: encryption.required });
  return { namespace, ...(codec && { dataConverter: { payloadCodecs: [codec] } }) };
}

function readProfile({ profile, profilesFile }: TemporalConfig): ClientConnectConfig {
  try {
    if (profile === undefined) return loadClientConnectConfig({ disableFile: true });
    return loadClientConnectConfig({
      profile,
      ...(profilesFile !== undefined && { configSource: { path: profilesFile } }),
      configFileStrict: true,
    });
  } catch (error) {
    const what =
      profile === undefined
        ? 'the TEMPORAL_ variables of the environment'
        : `the profile "${profile}" of ${profilesFile ?? "Temporal's configuration file"}`;
    throw new TallylineFailure('config_invalid', `${what} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
