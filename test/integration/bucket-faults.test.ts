/**
 * Everything that can go wrong between a source and a real Ceph, request by request: the files are read exactly, or refused with a code
 * that quarantines nothing, and once it is over they are read exactly. Nothing else may ever happen.
 */
import { S3Bucket } from '../../src/buckets/s3-bucket';
import type { BucketOptions } from '../../src/buckets/bucket-options';
import { TallylineFailure } from '../../src/core/failures';
import { BucketSource } from '../../src/sources/bucket-source';
import type { BucketSourceOptions } from '../../src/sources/source-options';
import { listAll, readAll } from '../contract/source-contract';
import { CephBuckets, putObject } from '../helpers/ceph-bed';
import type { S3Fault, S3RequestKind } from '../helpers/s3-fault';
import { S3FaultProxy } from '../helpers/s3-fault-proxy';
import * as faults from '../helpers/s3-faults';
import { sampleText } from '../helpers/sample-files';

const TIMING = { answerMsMax: 700, silenceMsMax: 500, slowMsMax: 1_000, patienceMs: 900 };
const CELLS_AT_ONCE = 6;
const KEYS = Array.from({ length: 7 }, (_, index) => `usage-${index}.txt`);
const READ_KEY = KEYS[3]!;

let buckets: CephBuckets;
let bucket: BucketOptions;
let text: Buffer;
beforeAll(async () => {
  buckets = await CephBuckets.start();
  bucket = await buckets.create();
  text = Buffer.from(sampleText({ seed: 1, lines: 2_000 }, new Map()));
  for (const key of KEYS) await putObject(bucket, key, key === READ_KEY ? text : '1 1\n');
}, 120_000);
afterAll(() => buckets.stop());

type Outcome = 'exact' | 'source_unavailable' | 'source_unfit' | 'unreadable';
interface Cell {
  readonly kind: S3RequestKind;
  readonly name: string;
  readonly fault: S3Fault;
  /** Where it strikes once, and where it stays. */
  readonly expected: readonly [Outcome, Outcome];
}

const WAITS = ['exact', 'source_unavailable'] as const;
const REFUSED = ['source_unavailable', 'source_unavailable'] as const;
const UNFIT = ['source_unfit', 'source_unfit'] as const;
const FINE = ['exact', 'exact'] as const;

/** Of a body these many bytes come first. */
const SOME = 5_000;

function table(): readonly Cell[] {
  const of = (kind: S3RequestKind, cells: Readonly<Record<string, readonly [S3Fault, Cell['expected']]>>): Cell[] =>
    Object.entries(cells).map(([name, [fault, expected]]) => ({ kind, name, fault, expected }));
  const everywhere = {
    latency: [faults.latency(100), FINE],
    'no answer in time': [faults.latency(60_000), WAITS],
    'reset before headers': [faults.resetBeforeHeaders(), WAITS],
    '503 SlowDown': [faults.errorAnswer('SlowDown'), WAITS],
    '500 InternalError': [faults.errorAnswer('InternalError'), WAITS],
    '429 TooManyRequests': [faults.errorAnswer('TooManyRequests'), WAITS],
    '403 AccessDenied': [faults.errorAnswer('AccessDenied'), REFUSED],
    '403 ExpiredToken': [faults.errorAnswer('ExpiredToken'), REFUSED],
    '403 RequestTimeTooSkewed': [faults.errorAnswer('RequestTimeTooSkewed'), REFUSED],
    'a redirect to another host': [faults.redirectTo('http://127.0.0.1:9'), WAITS],
  } as const;
  return [
    ...of('list', {
      ...everywhere,
      'half a page': [{ page: (xml: string) => xml.slice(0, xml.length / 2) }, WAITS],
      'an HTML page': [faults.htmlPage(), WAITS],
      'a page without an end': [faults.lostTruncation(), WAITS],
      '404 NoSuchBucket': [faults.errorAnswer('NoSuchBucket'), REFUSED],
    }),
    ...of('head', {
      ...everywhere,
      '404 NoSuchKey, although it is listed': [faults.errorAnswer('NoSuchKey'), REFUSED],
      '412 without a condition': [faults.errorAnswer('PreconditionFailed'), REFUSED],
    }),
    ...of('get', {
      ...everywhere,
      // Each try brings something.
      'reset in the body': [faults.resetAfter(SOME), FINE],
      'body cut': [faults.cutAfter(SOME), FINE],
      'body stalled': [faults.stalledAfter(SOME), FINE],
      'body reset before its first byte': [faults.resetAfter(0), WAITS],
      'body stalled before its first byte': [faults.stalledAfter(0), WAITS],
      'a slow body': [faults.slowBody(5_000), FINE],
      'fewer bytes, with a length that says so': [faults.shortenedTo(SOME), UNFIT],
      'more bytes, with a length that says so': [faults.longerBy(10), UNFIT],
      'Range ignored': [faults.ignoredRange(), UNFIT],
      'another range': [faults.shiftedRange(2), UNFIT],
      'another ETag': [faults.anotherEtag(), REFUSED],
      'If-Match ignored': [faults.ignoredIfMatch(), FINE],
      'an HTML page': [faults.htmlPage(), UNFIT],
      '404 NoSuchKey, although it is there': [faults.errorAnswer('NoSuchKey'), REFUSED],
      '404 NoSuchBucket': [faults.errorAnswer('NoSuchBucket'), REFUSED],
      '412, although it is the same': [faults.errorAnswer('PreconditionFailed'), REFUSED],
      '416': [faults.errorAnswer('InvalidRange'), REFUSED],
      'it is archived': [faults.errorAnswer('InvalidObjectState'), ['unreadable', 'unreadable']],
    }),
  ];
}

test('in every cell of the table files are read exactly or refused, and exactly once it is over', async () => {
  const cells = table();
  const found: Record<string, unknown> = {};
  const left = [...cells];
  const work = async (): Promise<void> => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) found[nameOf(cell)] = await tryCell(cell);
  };
  await Promise.all(Array.from({ length: CELLS_AT_ONCE }, work));
  process.stderr.write(`${cells.length} cells\n`);
  expect(found).toEqual(Object.fromEntries(cells.map((cell) => [nameOf(cell), [...cell.expected, 'exact']])));
}, 120_000);

function optionsOf(of: BucketOptions, { endpoint }: S3FaultProxy): BucketSourceOptions {
  const chosen = { prefix: '', include: ['**/*'], exclude: [], keysAreUnique: false };
  return { kind: 's3', sourceId: 'in', ...chosen, ...of, endpoint };
}

function nameOf({ kind, name }: Cell): string {
  return `${kind}: ${name}`;
}

async function tryCell({ kind, fault }: Cell): Promise<string[]> {
  const proxy = await S3FaultProxy.start(buckets.ceph.endpoint, buckets.ceph.credentials);
  try {
    const options = optionsOf(bucket, proxy);
    const source = new BucketSource(options, new S3Bucket(options, TIMING), TIMING);
    const of = { kind, when: ({ key }: { key: string }) => kind === 'list' || key === READ_KEY };
    proxy.inject(fault, { ...of, times: 1 });
    const once = await outcomeOf(source);
    proxy.liftAll();
    // An outage of the gateway, say, is met by what looks at other objects, too.
    proxy.inject(fault, { kind });
    const always = await outcomeOf(source);
    proxy.liftAll();
    return [once, always, await outcomeOf(source)];
  } finally {
    await proxy.stop();
  }
}

/** Anything but the exact files, or a code, fails the test. */
async function outcomeOf(source: BucketSource): Promise<string> {
  try {
    const files = await listAll(source, 3);
    if (JSON.stringify(files.map(({ sourceKey }) => sourceKey)) !== JSON.stringify(KEYS)) return 'other files';
    const content = await readAll(source, files[3]!, 65_536);
    return content.equals(text) ? 'exact' : 'other bytes';
  } catch (error) {
    return error instanceof TallylineFailure ? error.code : String(error);
  }
}

test.each([
  ['ignores Range', faults.ignoredRange(), 'source_unfit'],
  ['ignores If-Match', faults.ignoredIfMatch(), 'source_unfit'],
  ['gives another range', faults.shiftedRange(-1), 'source_unfit'],
])('an endpoint that %s is refused by the probe', async (_, fault, code) => {
  const proxy = await S3FaultProxy.start(buckets.ceph.endpoint, buckets.ceph.credentials);
  const options = optionsOf(bucket, proxy);
  const source = new BucketSource(options, new S3Bucket(options, TIMING), TIMING);
  const injected = proxy.inject(fault, { kind: 'get' });
  await expect(source.probe()).rejects.toMatchObject({ code });
  injected.lift();
  await source.probe();
  await proxy.stop();
});

test('one object that may not be read alone is unreadable; when none may be read it is an outage', async () => {
  const proxy = await S3FaultProxy.start(buckets.ceph.endpoint, buckets.ceph.credentials);
  const options = optionsOf(bucket, proxy);
  const source = new BucketSource(options, new S3Bucket(options, TIMING), TIMING);
  proxy.inject(faults.errorAnswer('AccessDenied'), { kind: 'get', when: ({ key }) => key === READ_KEY });
  expect(await outcomeOf(source)).toBe('unreadable');
  proxy.inject(faults.errorAnswer('AccessDenied'), { kind: 'get' });
  expect(await outcomeOf(source)).toBe('source_unavailable');
  await proxy.stop();
});

test('not one new byte is taken for an old one where an object is overwritten and something in between ignores If-Match', async () => {
  const proxy = await S3FaultProxy.start(buckets.ceph.endpoint, buckets.ceph.credentials);
  const own = await buckets.create();
  await putObject(own, 'usage.txt', text);
  const options = optionsOf(own, proxy);
  const source = new BucketSource(options, new S3Bucket(options, TIMING), TIMING);
  proxy.inject(faults.ignoredIfMatch(), { kind: 'get' });
  const [file] = await listAll(source);
  const opened = await source.open(file!, { startOffset: 0, endOffset: 10 });
  await opened.read(0, Buffer.alloc(10));
  await putObject(own, 'usage.txt', Buffer.from(text.map((byte) => (byte === 0x31 ? 0x32 : byte))));
  await expect(opened.read(10, Buffer.alloc(10))).rejects.toMatchObject({ code: 'source_unfit' });
  await opened.close();
  await proxy.stop();
});
