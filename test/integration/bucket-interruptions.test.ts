/** Listings of a real Ceph that are interrupted on each of their pages, at the level of the scan's activities. */
import { BUCKET_TIMING } from '../../src/buckets/bucket-timing';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { BucketSource } from '../../src/sources/bucket-source';
import type { BucketSourceOptions } from '../../src/sources/source-options';
import { ActivityBed, PIPELINE } from '../helpers/activity-bed';
import { CephBuckets, putObjects } from '../helpers/ceph-bed';
import type { S3Fault } from '../helpers/s3-fault';
import { S3FaultProxy, type InjectedFault } from '../helpers/s3-fault-proxy';
import { errorAnswer, htmlPage, lostTruncation, resetBeforeHeaders, smallPages } from '../helpers/s3-faults';
import { scanOnce } from '../helpers/scan-once';

/** What is away is not asked again. */
const TIMING = { ...BUCKET_TIMING, patienceMs: 1 };
const KEYS = Array.from({ length: 11 }, (_, index) => `k/${String(index).padStart(2, '0')} +%`);
const LATE = 'a late one';
const PAGE_KEYS = 3;
const PAGE_FILES = 4;
/** Looks at the clock that are so far apart let a stretch end after every page. */
const BETWEEN_LOOKS_MS = 30_000;
const FAULTS: readonly S3Fault[] = [
  errorAnswer('AccessDenied'),
  errorAnswer('InternalError'),
  lostTruncation(),
  htmlPage(),
  resetBeforeHeaders(),
];

/** Hands on a few files at once, so that some are registered before the next page of the listing is asked for. */
class SmallPagesSource extends BucketSource {
  override list(options: Parameters<BucketSource['list']>[0]) {
    return super.list({ ...options, pageFiles: PAGE_FILES });
  }
}

let buckets: CephBuckets;
let proxy: S3FaultProxy;
beforeAll(async () => {
  buckets = await CephBuckets.start();
  proxy = await S3FaultProxy.start(buckets.ceph.endpoint, buckets.ceph.credentials);
}, 120_000);
afterAll(async () => {
  await proxy.stop();
  await buckets.stop();
});

function mend(): void {
  proxy.liftAll();
  proxy.inject(smallPages(PAGE_KEYS), { kind: 'list' });
}

/** Strikes the listing requests from this one on. */
function interrupt(fault: S3Fault, fromRequest: number, times = Infinity): InjectedFault {
  proxy.liftAll();
  let asked = 0;
  const when = () => (asked += 1) >= fromRequest;
  const injected = proxy.inject({ ...smallPages(PAGE_KEYS), ...fault }, { kind: 'list', when, times });
  proxy.inject(smallPages(PAGE_KEYS), { kind: 'list' });
  return injected;
}

describe.each([
  ['none', 0],
  ['enabled', 2],
] as const)('in a bucket with versioning %s', (versioning, firstFault) => {
  const faultOf = (request: number) => FAULTS[(request + firstFault) % FAULTS.length] ?? {};
  let bucket: S3Bucket;
  let source: BucketSource;
  let bed: ActivityBed;
  beforeAll(async () => {
    const created = await buckets.create(versioning);
    bucket = new S3Bucket(created);
    await putObjects(
      created,
      KEYS.map((key) => [key, '1 1\n']),
    );
    const through = { ...created, endpoint: proxy.endpoint };
    const choice = { include: ['**/*'], exclude: [], prefix: '', keysAreUnique: false };
    const options: BucketSourceOptions = { kind: 's3', sourceId: 'incoming', ...through, ...choice };
    source = new SmallPagesSource(options, new S3Bucket(through, TIMING), TIMING);
  });
  beforeEach(async () => {
    mend();
    await forgetEverything();
  });

  async function forgetEverything(): Promise<void> {
    bed = await ActivityBed.create('/nowhere');
  }

  async function registeredKeys(): Promise<string[]> {
    const rows = await bed.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 1_000 });
    return rows.map(({ sourceKey }) => sourceKey);
  }

  test('a scan that is interrupted on any page leaves nothing unseen for the next, and nothing is taken up twice', async () => {
    const seenByPage: number[] = [];
    for (let request = 1; ; request += 1) {
      await forgetEverything();
      interrupt(faultOf(request), request);
      const first = await scanOnce(bed.dependencies({ source }));
      if (first.complete) break;
      const seen = await registeredKeys();
      expect(seen).toEqual(KEYS.slice(0, seen.length));
      seenByPage.push(seen.length);
      mend();
      // It comes where the interrupted scan had been already.
      const late = await bucket.put(LATE, Buffer.from('1 1\n'));
      const listed = KEYS.length + 1;
      expect(await scanOnce(bed.dependencies({ source }))).toMatchObject({ complete: true, listed, registered: listed - seen.length });
      expect((await registeredKeys()).sort()).toEqual([LATE, ...KEYS]);
      expect(await scanOnce(bed.dependencies({ source }))).toMatchObject({ complete: true, listed, registered: 0 });
      await bucket.remove(late);
    }
    // The first request only asks whether the bucket answers.
    expect(seenByPage.length).toBeGreaterThan(KEYS.length / PAGE_KEYS);
    expect([...new Set(seenByPage)]).toEqual([0, PAGE_FILES, 2 * PAGE_FILES]);
  });

  test('a stretch that is interrupted on any page is done again, and the scan goes on after it', async () => {
    const strikes: number[] = [];
    do {
      await forgetEverything();
      const request = strikes.length + 1;
      const fault = interrupt(faultOf(request), request, 1);
      let nowMs = Date.now();
      const dependencies = { ...bed.dependencies({ source }), now: () => (nowMs += BETWEEN_LOOKS_MS) };
      const stretches = Math.ceil(KEYS.length / PAGE_FILES) + 1;
      expect(await scanOnce(dependencies, 2)).toMatchObject({ complete: true, registered: KEYS.length, stretches });
      expect(await registeredKeys()).toEqual(KEYS);
      strikes.push(fault.strikes);
    } while (strikes.at(-1) !== 0);
    expect(strikes.length).toBeGreaterThan(KEYS.length / PAGE_KEYS);
  });

  test('what is not settled is not forgotten by a scan that saw only a part', async () => {
    const scan = async () => await scanOnce(bed.dependencies({ source, quietPeriodMs: 3_600_000 }));
    const waiting = async () => (await bed.sink.readStatus({ pipeline: PIPELINE })).leftOut.map(({ files }) => files);
    expect(await scan()).toMatchObject({ complete: true, unsettled: KEYS.length, registered: 0 });
    const [gone = ''] = KEYS.slice(-1);
    await bucket.remove({ key: gone, versionId: '' });
    interrupt(errorAnswer('AccessDenied'), 4);
    expect(await scan()).toMatchObject({ complete: false });
    expect(await waiting()).toEqual([KEYS.length]);
    mend();
    expect(await scan()).toMatchObject({ complete: true, unsettled: KEYS.length - 1 });
    expect(await waiting()).toEqual([KEYS.length - 1]);
  });
});
