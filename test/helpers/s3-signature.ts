/** Signs a request of S3 (signature version 4), so that the tests can ask a gateway without the client that they test. */
import { createHash, createHmac } from 'node:crypto';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Any region will do for Ceph's gateway. */
export const S3_REGION = 'us-east-1';

export interface SignableRequest {
  readonly method: string;
  readonly host: string;
  /** As it stands in the request line, with its query. */
  readonly target: string;
}

/** The headers to send with it, `host` aside. The body and all other headers are left unsigned. */
export function signS3Request(request: SignableRequest, credentials: S3Credentials, now = new Date()): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${S3_REGION}/s3/aws4_request`;
  const signed = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'x-amz-date': time };
  const headers: [string, string][] = [['host', request.host], ...Object.entries(signed)];
  const names = headers.map(([name]) => name).join(';');
  const [path = '/', query = ''] = request.target.split('?', 2);
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [request.method, path, canonicalQuery(query), lines, names, signed['x-amz-content-sha256']].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const signature = digest(signingKey(credentials.secretAccessKey, scope), text).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...signed, authorization };
}

function canonicalQuery(query: string): string {
  const parameters = query.split('&').filter((parameter) => parameter !== '');
  return parameters
    .map((parameter) => (parameter.includes('=') ? parameter : `${parameter}=`))
    .sort()
    .join('&');
}

function signingKey(secret: string, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>((key, part) => digest(key, part), Buffer.from(`AWS4${secret}`));
}

function digest(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
