/** The SDK's client for one endpoint and credentials. Retries are ours, so that they can be bounded, spread out and seen. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

import { BUCKET_CONNECT_MS_MAX } from '../core/limits';
import type { BucketOptions } from './bucket-options';

/** Of this process or thread. Their idle connections hold nothing up at the end, so they are never closed. */
const clients = new Map<string, S3Client>();

export function s3Client(options: BucketOptions): S3Client {
  const { endpoint, region, pathStyle, profile } = options;
  const name = JSON.stringify([endpoint, region, pathStyle, profile]);
  const client = clients.get(name) ?? createClient(options);
  clients.set(name, client);
  return client;
}

function createClient({ endpoint, region, pathStyle, profile }: BucketOptions): S3Client {
  // The version is pinned and runs on this Node; a warning to everybody who starts a command helps nobody.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const agent = { keepAlive: true, maxSockets: Infinity };
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: 1,
    followRegionRedirects: false,
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: BUCKET_CONNECT_MS_MAX,
    }),
    ...(endpoint !== undefined && {
      endpoint,
      // Others than AWS refuse or ignore the checksums that the SDK adds by itself; the bytes are checked by length, version and digest.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    ...(profile !== undefined && { profile }),
  });
}
