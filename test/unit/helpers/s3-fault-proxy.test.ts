/** The faults are what they say, seen from the client's side of a connection. */
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { S3FaultProxy, type FaultChoice } from '../../helpers/s3-fault-proxy';
import type { S3Fault } from '../../helpers/s3-fault';
import * as faults from '../../helpers/s3-faults';

const CONTENT = '7 881\n123 12345\n';
const ETAG = '"right"';

let origin: Server;
let proxy: S3FaultProxy;
const agent = new Agent({ keepAlive: true });
/** What came to the origin. */
const asked: IncomingMessage[] = [];

beforeAll(async () => {
  origin = createServer((request, response) => {
    asked.push(request);
    request.resume();
    if (request.url?.startsWith('/bucket?')) {
      const after = new URL(request.url, 'http://origin').searchParams.get('start-after');
      response.end(`<ListBucketResult><IsTruncated>true</IsTruncated><Key>after ${String(after)}</Key></ListBucketResult>`);
    } else answerObject(request.headers, (status, headers, body) => response.writeHead(status, headers).end(body));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const credentials = { accessKeyId: 'proxy', secretAccessKey: 'secret' };
  proxy = await S3FaultProxy.start(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`, credentials);
});

afterEach(() => proxy.liftAll());

afterAll(async () => {
  agent.destroy();
  await proxy.stop();
  origin.closeAllConnections();
  origin.close();
});

type Answering = (status: number, headers: OutgoingHttpHeaders, body: string) => void;

function answerObject(headers: IncomingMessage['headers'], answer: Answering): void {
  const match = headers['if-match'] ?? ETAG;
  if (match !== ETAG) return answer(412, {}, '');
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (start === undefined) return answer(200, { etag: ETAG, 'content-length': CONTENT.length }, CONTENT);
  const body = CONTENT.slice(Number(start), Number(end) + 1);
  const range = `bytes ${start}-${String(end)}/${CONTENT.length}`;
  answer(206, { etag: ETAG, 'content-length': body.length, 'content-range': range }, body);
}

interface Seen {
  status?: number;
  headers: IncomingMessage['headers'];
  body: string;
  /** How the connection ended, where it did before the answer. */
  error?: string;
  milliseconds: number;
}

async function ask(target = '/bucket/key', headers: OutgoingHttpHeaders = {}, method = 'GET', patienceMs = 5000): Promise<Seen> {
  const startedAtMs = performance.now();
  const seen: Seen = { headers: {}, body: '', milliseconds: 0 };
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const request = httpRequest(proxy.endpoint + target, { method, headers: { authorization: 'client', ...headers }, agent, signal }).end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    Object.assign(seen, { status: answer.statusCode, headers: answer.headers });
    for await (const chunk of answer) seen.body += String(chunk);
  } catch (error) {
    seen.error = (error as Error).message;
  }
  return { ...seen, milliseconds: performance.now() - startedAtMs };
}

async function askWith(fault: S3Fault, headers: OutgoingHttpHeaders = {}, target?: string): Promise<Seen> {
  const injected = proxy.inject(fault, { times: 1 });
  const seen = await ask(target, headers);
  expect(injected.strikes).toBe(1);
  return seen;
}

const RANGE = { range: 'bytes=6-8' };

test('without a fault everything passes as it is, signature and Host too', async () => {
  const seen = await ask('/bucket/a%20%2B%C3%A9?x=1', { ...RANGE, 'if-match': ETAG, host: 'bucket.example' });
  expect(seen).toMatchObject({ status: 206, body: '123', headers: { etag: ETAG, 'content-range': 'bytes 6-8/16', 'content-length': '3' } });
  expect(asked.at(-1)).toMatchObject({
    url: '/bucket/a%20%2B%C3%A9?x=1',
    headers: { host: 'bucket.example', authorization: 'client', 'if-match': ETAG },
  });
  expect((await ask('/bucket/key', { 'if-match': '"wrong"' })).status).toBe(412);
});

test('requests are counted by kind', async () => {
  const before = { ...proxy.requests };
  const targets = [
    '/bucket?list-type=2',
    '/bucket/?versions',
    '/bucket/a',
    '/bucket/a?versionId=1',
    '/bucket/a?tagging',
    '/bucket?versioning',
    '/',
  ];
  for (const target of targets) await ask(target);
  await ask('/bucket/a', {}, 'HEAD');
  await ask('/bucket', {}, 'HEAD');
  await ask('/bucket/a', {}, 'PUT');
  const counted = Object.entries(proxy.requests).map(([kind, count]) => [kind, count - before[kind as 'list']]);
  expect(Object.fromEntries(counted)).toEqual({ list: 2, get: 2, head: 1, other: 5 });
});

test('a fault strikes what it was chosen for, as often as it was told', async () => {
  const statuses = async () => [
    (await ask('/bucket/a')).status,
    (await ask('/bucket/b')).status,
    (await ask('/bucket?list-type=2')).status,
  ];
  const choose = (choice: FaultChoice) => proxy.inject(faults.errorAnswer('SlowDown'), choice);
  const once = choose({ kind: 'get', when: ({ key }) => key === 'b', times: 1 });
  expect([await statuses(), await statuses(), once.strikes]).toEqual([[200, 503, 200], [200, 200, 200], 1]);
  const forever = choose({ kind: 'list' });
  expect([await statuses(), await statuses()]).toEqual([
    [200, 200, 503],
    [200, 200, 503],
  ]);
  forever.lift();
  expect(await statuses()).toEqual([200, 200, 200]);
});

test.each(faults.S3_ERROR_CODES)('an answer of %s is one of S3, and a HEAD has no body', async (code) => {
  const seen = await askWith(faults.errorAnswer(code));
  expect(seen.body).toContain(`<Code>${code}</Code>`);
  proxy.inject(faults.errorAnswer(code));
  expect(await ask('/bucket/key', {}, 'HEAD')).toMatchObject({ status: seen.status, body: '' });
});

test('latency delays the whole answer', async () => {
  const seen = await askWith(faults.latency(120));
  expect(seen.body).toBe(CONTENT);
  expect(seen.milliseconds).toBeGreaterThan(115);
});

test('an answer in place of the storage is none of it', async () => {
  expect(await askWith(faults.htmlPage())).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
  const redirect = await askWith(faults.redirectTo('http://elsewhere.example'), {}, '/bucket/key?x=1');
  expect(redirect).toMatchObject({ status: 307, headers: { location: 'http://elsewhere.example/bucket/key?x=1' } });
});

test('a connection is reset before the answer or in the middle of its body', async () => {
  const before = await askWith(faults.resetBeforeHeaders());
  expect([before.status, before.error]).toEqual([undefined, 'read ECONNRESET']);
  expect(await askWith(faults.resetAfter(5))).toMatchObject({ status: 200, body: '7 881', error: 'aborted' });
});

test('a connection that is closed is not one that is reset', async () => {
  const endOf = async (fault: S3Fault) => {
    proxy.inject(fault, { times: 1 });
    const socket = connect(Number(new URL(proxy.endpoint).port), '127.0.0.1');
    socket.resume().write('GET /bucket/key HTTP/1.1\r\nHost: a\r\n\r\n');
    return await once(socket, 'end').then(
      () => 'closed',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
  };
  expect([await endOf(faults.cutAfter(5)), await endOf(faults.resetAfter(5))]).toEqual(['closed', 'ECONNRESET']);
});

test('a body ends early: by a closed connection, or under a shorter length that looks right', async () => {
  const cut = await askWith(faults.cutAfter(5));
  expect(cut).toMatchObject({ body: '7 881', headers: { 'content-length': '16' }, error: 'aborted' });
  const shorter = await askWith(faults.shortenedTo(2), RANGE);
  expect(shorter).toMatchObject({ status: 206, body: '12', headers: { 'content-length': '2', 'content-range': 'bytes 6-8/16' } });
  expect(shorter.error).toBeUndefined();
});

test('a body is longer than its range', async () => {
  const seen = await askWith(faults.longerBy(3), RANGE);
  expect(seen).toMatchObject({ status: 206, body: '123999', headers: { 'content-length': '6', 'content-range': 'bytes 6-8/16' } });
});

test('a body is slow after its beginning', async () => {
  const seen = await askWith(faults.slowBody(40, 6));
  expect(seen.body).toBe(CONTENT);
  expect(seen.milliseconds).toBeGreaterThan(290);
});

test('a body stalls until the client is gone', async () => {
  for (const bytes of [0, 5]) {
    proxy.inject(faults.stalledAfter(bytes), { times: 1 });
    const seen = await ask('/bucket/key', {}, 'GET', 100);
    expect(seen).toMatchObject({ status: 200, body: CONTENT.slice(0, bytes), error: 'aborted' });
    expect(seen.milliseconds).toBeGreaterThan(95);
  }
});

test('one byte of a body is another one', async () => {
  expect((await askWith(faults.corruptedByte(2))).body).toBe('7 981\n123 12345\n');
});

test('a range is ignored, or another one is given', async () => {
  const whole = await askWith(faults.ignoredRange(), RANGE);
  expect([whole.status, whole.body]).toEqual([200, CONTENT]);
  expect(asked.at(-1)?.headers.authorization).toContain('AWS4-HMAC-SHA256 Credential=proxy/');
  const shifted = await askWith(faults.shiftedRange(2), RANGE);
  expect(shifted).toMatchObject({ status: 206, body: '3 1', headers: { 'content-range': 'bytes 8-10/16' } });
});

test('If-Match is ignored, or the answer names another ETag', async () => {
  expect(await askWith(faults.ignoredIfMatch(), { 'if-match': '"wrong"' })).toMatchObject({ status: 200, body: CONTENT });
  expect((await askWith(faults.anotherEtag('"other"'))).headers.etag).toBe('"other"');
});

test('a page of a listing is asked for with fewer keys', async () => {
  await askWith(faults.smallPages(5), {}, '/bucket?list-type=2&max-keys=1000&prefix=a');
  expect(asked.at(-1)?.url).toBe('/bucket?list-type=2&prefix=a&max-keys=5');
});

test('a page of a listing loses its end, denies it, or comes again', async () => {
  const page = (start: string) => ask(`/bucket?list-type=2&start-after=${start}`);
  const whole = await page('a');
  proxy.inject(faults.lostTruncation(), { times: 1 });
  proxy.inject(faults.falseEnd(), { times: 1 });
  expect((await page('a')).body).toBe(whole.body.replace('<IsTruncated>true</IsTruncated>', ''));
  expect((await page('a')).body).toBe(whole.body.replace('true', 'false'));
  await page('a');
  proxy.inject(faults.repeatedPage(), { times: 1 });
  expect((await page('b')).body).toBe(whole.body);
  expect((await page('b')).body).toContain('after b');
});

test('a storage that is away resets the connection', async () => {
  const alone = await S3FaultProxy.start('http://127.0.0.1:9', { accessKeyId: 'a', secretAccessKey: 'b' });
  await expect(fetch(alone.endpoint)).rejects.toThrow('fetch failed');
  await alone.stop();
});
