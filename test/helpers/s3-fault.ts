/** What can be wrong with one request between an S3 client and its storage, step by step as the request passes. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** `get` is of an object; `other` is everything that is none of these, puts and all. */
export type S3RequestKind = 'list' | 'head' | 'get' | 'other';

export interface S3PassingRequest {
  readonly kind: S3RequestKind;
  readonly method: string;
  /** As it stands in the request line, with its query. */
  readonly target: string;
  readonly bucket: string;
  /** Decoded; empty where it is about the bucket. */
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the storage is asked for. */
export type S3Asked = Pick<S3PassingRequest, 'target' | 'headers'>;

export interface S3AnswerHead {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

export interface S3Answer extends S3AnswerHead {
  readonly body: string | Buffer;
}

/** The client's side of a request: its connection, and the end of its patience. */
export interface S3ClientSide {
  readonly connection: Socket;
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;
}

export interface S3Fault {
  readonly delayMs?: number;
  /** An answer in place of the storage's; null where the connection ends without one. `lastPage` is the listing that passed last. */
  readonly instead?: (request: S3PassingRequest, client: S3ClientSide, lastPage: S3Answer | undefined) => S3Answer | null;
  /** Asks the storage for something else. The request is signed again, since the client's signature covers what it asked for. */
  readonly ask?: (asked: S3Asked) => S3Asked;
  readonly head?: (head: S3AnswerHead) => S3AnswerHead;
  /** Of a listing, as a whole. */
  readonly page?: (xml: string) => string;
  /** Each chunk has reached the client's machine before the next one is asked for. */
  readonly body?: (chunks: AsyncIterable<Buffer>, client: S3ClientSide) => AsyncIterable<Buffer>;
}

/** The path style alone: the bucket's name stands before the key. */
export function describeS3Request(method: string, target: string, headers: IncomingHttpHeaders): S3PassingRequest {
  const [path = '', query = ''] = target.split('?', 2);
  const [, bucket = '', ...rest] = path.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const parameters = new Set(new URLSearchParams(query).keys());
  return { kind: kindOf(method, bucket, key, parameters), method, target, bucket, key, headers };
}

/** What a GET is about besides the object or the listing itself. */
const SUBRESOURCES = [
  'acl',
  'tagging',
  'versioning',
  'location',
  'lifecycle',
  'policy',
  'uploads',
  'uploadId',
  'attributes',
  'object-lock',
];

function kindOf(method: string, bucket: string, key: string, parameters: ReadonlySet<string>): S3RequestKind {
  if (bucket === '' || SUBRESOURCES.some((name) => parameters.has(name))) return 'other';
  if (method === 'GET') return key === '' ? 'list' : 'get';
  return method === 'HEAD' && key !== '' ? 'head' : 'other';
}
