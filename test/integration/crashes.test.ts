/** Real processes, killed for real: the totals stay exact, and little is read again. */
import { runSeed, seededRandom } from '../helpers/seeded-random';
import { emitSamples } from '../helpers/emit-samples';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed, type WorkerChild } from '../helpers/test-bed';
import { eventually } from '../helpers/eventually';

const MIB = 1024 * 1024;
const SPLIT_BYTES = 16 * MIB;
const CHECKPOINT_BYTES = Math.floor(SPLIT_BYTES / 10);
const KILLS = 10;
const SERVER_KILLS = 3;
/** Longer than the heartbeat timeout, so that the attempts under way are given up. */
const OUTAGE_MS = 1_500;
const FILES = 3;

let bed: TestBed;
afterEach(async () => bed.destroy());

/** Slow enough that kills fall in the middle of splits: by default about four seconds a split, a checkpoint each 0.1 to 0.4 s. */
async function createSlowBed(readBytesPerSecond = 8 * MIB): Promise<TestBed> {
  return await TestBed.create({
    worker: { readBytesPerSecond, threads: 2 },
    pipeline: {
      splitBytes: SPLIT_BYTES,
      heartbeatTimeout: '1s',
      checkpoint: { bytes: CHECKPOINT_BYTES, interval: '100ms' },
    },
  });
}

function emitFiles(random: () => number, truth: Truth): void {
  emitSamples(bed.incoming, truth, { files: FILES, sizes: ['36MB', '44MB'], seed: Math.floor(random() * 2 ** 31), prefix: 'usage' });
}

test.each([1, 2])(
  'totals are exact after the worker is killed ten times, with %i workers on one queue',
  async (workerCount) => {
    const random = seededRandom(runSeed());
    bed = await createSlowBed();
    const truth: Truth = new Map();
    emitFiles(random, truth);
    const workers = await Promise.all(Array.from({ length: workerCount }, () => bed.startWorker()));
    await bed.startScan();
    let kills = 0;
    for (; kills < KILLS; kills += 1) {
      const index = kills % workerCount;
      const victim = workers[index]!;
      if (!(await untilNewCheckpoint(bed, victim))) break;
      await new Promise((resolve) => setTimeout(resolve, random() * 500));
      await victim.kill('SIGKILL');
      workers[index] = await bed.startWorker();
    }
    const rows = await bed.untilDone(FILES, 120_000);
    expect(kills).toBe(KILLS);
    expect(rows.map(({ state }) => state)).toEqual(Array(FILES).fill('in'));
    expect(await bed.sums()).toEqual(truth);
    expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
    expectLittleReadAgain(`${kills} kills of a worker`);
  },
  240_000,
);

test('totals are exact after the Temporal server is killed three times', async () => {
  const random = seededRandom(runSeed());
  const readBytesPerSecond = 2 * MIB;
  bed = await createSlowBed(readBytesPerSecond);
  const truth: Truth = new Map();
  emitSamples(bed.incoming, truth, { files: 1, sizes: ['33MB', '33MB'], seed: Math.floor(random() * 2 ** 31), prefix: 'usage' });
  const worker = await bed.startWorker();
  await bed.startScan();
  let awayMs = 0;
  for (let kills = 0; kills < SERVER_KILLS; kills += 1) {
    await untilReportedAgain();
    await new Promise((resolve) => setTimeout(resolve, random() * 500));
    const begun = worker.logged('split begins').length;
    const killedMs = Date.now();
    await bed.restartServer({ signal: 'SIGKILL', forget: false, awayMs: OUTAGE_MS });
    // All that were under way are given up, and tried again once the worker has found the server.
    await eventually('an attempt after the outage', () => worker.logged('split begins').length > begun, 30_000);
    awayMs = Math.max(awayMs, Date.now() - killedMs);
  }
  const rows = await bed.untilDone(1, 120_000);
  expect(rows.map(({ state }) => state)).toEqual(['in']);
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  // What a thread read while the server was away could not be reported to it, and comes on top.
  const unreported = ((awayMs / 1000) * (readBytesPerSecond / 2)) / SPLIT_BYTES;
  expectLittleReadAgain(`${SERVER_KILLS} kills of the server, away up to ${awayMs} ms`, unreported);
}, 240_000);

test('a worker that is stopped past the heartbeat timeout and wakes up again is fenced', async () => {
  // So slow that it has seconds of reading before it when it wakes up: one that were about to end would only store what lies there already.
  bed = await createSlowBed(2 * MIB);
  const truth: Truth = new Map();
  await writeSample(bed.incoming, 'usage.txt', { seed: 7, lines: 400_000, keys: 500 }, truth);
  const zombie = await bed.startWorker();
  await bed.startScan();
  expect(await untilNewCheckpoint(bed, zombie)).toBe(true);
  zombie.send('SIGSTOP');
  const before = zombie.lines.length;
  const successor = await bed.startWorker();
  // The apply role's lock is held by a stopped process, so only the counting can be taken over while it sleeps.
  await eventually('the successor to resume the split', () => successor.logged('split begins').length > 0);
  await eventually('the successor to finish its split', async () => (await bed.files(['counted', 'in'])).length === 1, 60_000);
  zombie.send('SIGCONT');
  await bed.untilDone(1, 60_000);
  await eventually('the zombie to be fenced', async () => (await fencedTotal(zombie)) >= 1, 30_000);
  // The log line comes through a pipe, after the metric.
  await eventually('the zombie to say so', () => zombie.lines.slice(before).some((line) => JSON.stringify(line).includes('[fenced]')));
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}, 120_000);

test('a file on which every worker dies without a checkpoint is set aside as worker_lost', async () => {
  bed = await TestBed.create({
    worker: { readBytesPerSecond: MIB / 4, threads: 1 },
    pipeline: { heartbeatTimeout: '1s', checkpoint: { bytes: '64MiB', interval: '900ms' } },
  });
  await writeSample(bed.incoming, 'poison.txt', { seed: 3, lines: 400_000 }, new Map());
  let worker = await bed.startWorker();
  await bed.startScan();
  for (let deaths = 0; deaths < 12; deaths += 1) {
    const outcome = await eventually('an attempt or the end', async () => {
      if ((await bed.files(['quarantined'])).length > 0) return 'set aside';
      return worker.logged('split begins').length > 0 && 'attempt';
    });
    if (outcome === 'set aside') break;
    await worker.kill('SIGKILL');
    worker = await bed.startWorker();
  }
  const rows = await bed.untilDone(1);
  expect(rows.map(({ state, reason }) => [state, reason])).toEqual([['quarantined', 'worker_lost']]);
  expect(await bed.sums()).toEqual(new Map());
}, 180_000);

/** True once the worker stored a checkpoint after it became ready; false when all is done before. */
async function untilNewCheckpoint(from: TestBed, worker: WorkerChild): Promise<boolean> {
  const before = worker.logged('checkpoint stored').length;
  const outcome = await eventually('a new checkpoint', async () => {
    if (worker.logged('checkpoint stored').length > before) return 'checkpoint';
    const rows = await from.files();
    return rows.length > 0 && rows.every(({ state }) => state === 'in') && 'done';
  });
  return outcome === 'checkpoint';
}

/** Until the server knows a checkpoint of the file, in each split under way, that it did not know before. */
async function untilReportedAgain(): Promise<void> {
  const before = await reportedOffsets();
  await eventually('newer checkpoints to be reported', async () => {
    const now = await reportedOffsets();
    return now.size > 0 && [...now].every(([split, offset]) => offset > (before.get(split) ?? split * SPLIT_BYTES));
  });
}

/** By split, what the pending activities of the file's workflow last reported. */
async function reportedOffsets(): Promise<Map<number, number>> {
  const [row] = await bed.files();
  const handle = row && bed.client.workflow.getHandle(`file:${PIPELINE}:${row.fileId}:${row.version}`);
  const pending = await handle?.describe().then(
    ({ raw }) => raw.pendingActivities ?? [],
    () => [],
  );
  const beats = (pending ?? []).flatMap(({ heartbeatDetails }) => {
    const data = heartbeatDetails?.payloads?.[0]?.data;
    return data ? [JSON.parse(Buffer.from(data).toString()) as { splitIndex: number; nextOffset: number }] : [];
  });
  return new Map(beats.map(({ splitIndex, nextOffset }) => [splitIndex, nextOffset]));
}

async function fencedTotal(worker: WorkerChild): Promise<number> {
  const scrape = await (await fetch(worker.metricsAddress)).text();
  return Number(new RegExp(`^tallyline_fenced_total{pipeline="${PIPELINE}"} (\\d+)`, 'm').exec(scrape)?.[1] ?? 0);
}

function expectLittleReadAgain(what: string, unreportedShare = 0): void {
  const { resumes, worstShare } = readAgain(bed.workers);
  process.stderr.write(
    `${what}, ${resumes} resumes from a non-zero offset, most read again: ${Math.round(worstShare * 100)} % of a split\n`,
  );
  expect(resumes).toBeGreaterThanOrEqual(1);
  expect(worstShare).toBeLessThanOrEqual(0.2 + unreportedShare);
}

/** From the log lines: for each resume, how much of the split the killed attempt had read beyond the offset that was resumed from. */
function readAgain(workers: readonly WorkerChild[]): { resumes: number; worstShare: number } {
  const lastSeen = new Map<string, number>();
  let resumes = 0;
  let worstShare = 0;
  const lines = workers.flatMap((worker) => worker.lines).sort((left, right) => String(left['time']).localeCompare(String(right['time'])));
  for (const line of lines) {
    const split = `${String(line['fileId'])}#${String(line['splitIndex'])}`;
    if (line.msg === 'checkpoint stored') lastSeen.set(split, Math.max(lastSeen.get(split) ?? 0, Number(line['nextOffset'])));
    if (line.msg !== 'split begins') continue;
    const fromOffset = Number(line['fromOffset']);
    const reached = lastSeen.get(split);
    if (line['isResumed'] === true && fromOffset > Number(line['splitIndex']) * SPLIT_BYTES) resumes += 1;
    if (reached === undefined) continue;
    // Reading begins again with the digest block that the offset lies in, and up to one more checkpoint's worth was read after the last known.
    const readFromOffset = Math.floor(fromOffset / MIB) * MIB;
    worstShare = Math.max(worstShare, (reached + CHECKPOINT_BYTES - readFromOffset) / SPLIT_BYTES);
  }
  return { resumes, worstShare };
}
