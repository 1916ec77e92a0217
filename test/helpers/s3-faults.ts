/** The faults of object storage that are known: one function each. What is counted in bytes is counted in the body. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3AnswerHead, S3Fault } from './s3-fault';

const STATUS_BY_CODE = {
  PreconditionFailed: 412,
  InvalidRange: 416,
  AccessDenied: 403,
  ExpiredToken: 403,
  RequestTimeTooSkewed: 403,
  InvalidObjectState: 403,
  NoSuchKey: 404,
  NoSuchBucket: 404,
  TooManyRequests: 429,
  InternalError: 500,
  SlowDown: 503,
} as const;

export type S3ErrorCode = keyof typeof STATUS_BY_CODE;

export const S3_ERROR_CODES = Object.keys(STATUS_BY_CODE) as S3ErrorCode[];

/** How often a slow body brings something. */
const SLICES_PER_SECOND = 10;
/** A reset that comes before the client has read what came first looks to it like a connection that was closed in good order. */
const READ_FIRST_MS = 50;

export function latency(delayMs: number): S3Fault {
  return { delayMs };
}

export function errorAnswer(code: S3ErrorCode): S3Fault {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message></Message></Error>`;
  return { instead: () => ({ status: STATUS_BY_CODE[code], headers: { 'content-type': 'application/xml' }, body }) };
}

/** A page of something in between, which has never heard of S3. */
export function htmlPage(): S3Fault {
  const body = '<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>';
  return { instead: () => ({ status: 200, headers: { 'content-type': 'text/html' }, body }) };
}

export function redirectTo(endpoint: string): S3Fault {
  return { instead: ({ target }) => ({ status: 307, headers: { location: endpoint + target }, body: '' }) };
}

export function resetBeforeHeaders(): S3Fault {
  return {
    instead: (_, { connection }) => {
      connection.resetAndDestroy();
      return null;
    },
  };
}

export function resetAfter(bytes: number): S3Fault {
  return {
    body: async function* (chunks, { connection, gone }) {
      yield* first(bytes, chunks);
      await sleep(READ_FIRST_MS, undefined, { signal: gone });
      connection.resetAndDestroy();
    },
  };
}

/** The connection is closed in good order before all that was announced has come. */
export function cutAfter(bytes: number): S3Fault {
  return {
    body: async function* (chunks, { connection }) {
      yield* first(bytes, chunks);
      connection.destroySoon();
    },
  };
}

/** Fewer bytes, and a Content-Length that says so; a Content-Range stays as it was. */
export function shortenedTo(bytes: number): S3Fault {
  return { head: (head) => withHeader(head, 'content-length', String(bytes)), body: (chunks) => first(bytes, chunks) };
}

/** More bytes, and a Content-Length that says so; a Content-Range stays as it was. */
export function longerBy(bytes: number): S3Fault {
  return {
    head: (head) => withHeader(head, 'content-length', String(Number(head.headers['content-length']) + bytes)),
    body: async function* (chunks) {
      yield* chunks;
      yield Buffer.alloc(bytes, '9');
    },
  };
}

export function slowBody(bytesPerSecond: number, afterBytes = 0): S3Fault {
  const sliceBytes = Math.max(1, Math.floor(bytesPerSecond / SLICES_PER_SECOND));
  return {
    body: async function* (chunks, { gone }) {
      let passedBytes = 0;
      for await (const chunk of chunks) {
        const fastBytes = Math.min(chunk.length, Math.max(0, afterBytes - passedBytes));
        passedBytes += chunk.length;
        if (fastBytes > 0) yield chunk.subarray(0, fastBytes);
        for (let offset = fastBytes; offset < chunk.length; offset += sliceBytes) {
          await sleep((sliceBytes * 1000) / bytesPerSecond, undefined, { signal: gone });
          yield chunk.subarray(offset, offset + sliceBytes);
        }
      }
    },
  };
}

/** Nothing more comes, and nothing ends. */
export function stalledAfter(bytes: number): S3Fault {
  return {
    body: async function* (chunks, { gone }) {
      yield* first(bytes, chunks);
      if (!gone.aborted) await new Promise((resolve) => gone.addEventListener('abort', resolve));
    },
  };
}

/** A digit becomes another digit. */
export function corruptedByte(offset: number): S3Fault {
  return {
    body: async function* (chunks) {
      let passedBytes = 0;
      for await (const chunk of chunks) {
        const at = offset - passedBytes;
        passedBytes += chunk.length;
        if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 1;
        yield chunk;
      }
    },
  };
}

/** The whole object comes, as 200. */
export function ignoredRange(): S3Fault {
  return { ask: ({ target, headers: { range: _, ...headers } }) => ({ target, headers }) };
}

/** Another range comes, with the Content-Range that it has. */
export function shiftedRange(byBytes: number): S3Fault {
  const shift = (range: string) => range.replace(/\d+/g, (offset) => String(Number(offset) + byBytes));
  return {
    ask: ({ target, headers }) => ({
      target,
      headers: headers.range === undefined ? headers : { ...headers, range: shift(headers.range) },
    }),
  };
}

/** Whatever lies under the key comes. */
export function ignoredIfMatch(): S3Fault {
  return { ask: ({ target, headers: { 'if-match': _, ...headers } }) => ({ target, headers }) };
}

export function anotherEtag(etag = '"00000000000000000000000000000000"'): S3Fault {
  return { head: (head) => withHeader(head, 'etag', etag) };
}

/** No fault, but what a storage may do at any time: a page of a listing holds less than was asked for. */
export function smallPages(keys: number): S3Fault {
  const shrink = (target: string) => `${target.replace(/&max-keys=\d+/, '')}&max-keys=${keys}`;
  return { ask: ({ target, headers }) => ({ target: shrink(target), headers }) };
}

/** A page that does not say whether there are more. */
export function lostTruncation(): S3Fault {
  return { page: (xml) => xml.replace(/<IsTruncated>\w*<\/IsTruncated>/, '') };
}

/** A page that says that there are no more, though there are. */
export function falseEnd(): S3Fault {
  return { page: (xml) => xml.replace('<IsTruncated>true<', '<IsTruncated>false<') };
}

/** The page that passed last comes again, whatever is asked for. */
export function repeatedPage(): S3Fault {
  return {
    instead: (_request, _client, lastPage) => {
      if (lastPage === undefined) throw new Error('no listing has passed that could be repeated');
      return lastPage;
    },
  };
}

async function* first(bytes: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let leftBytes = bytes;
  if (leftBytes === 0) return;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, leftBytes);
    leftBytes -= Math.min(leftBytes, chunk.length);
    if (leftBytes === 0) return;
  }
}

function withHeader(head: S3AnswerHead, name: string, value: string): S3AnswerHead {
  return { ...head, headers: { ...head.headers, [name]: value } };
}
