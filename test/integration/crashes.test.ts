/** Real processes, killed for real: the totals stay exact, and little is read again. */
import { runSeed, seededRandom } from '../helpers/seeded-random';
import { emitSamples } from '../helpers/emit-samples';
import { writeSample, type Truth } from '../helpers/sample-files';
import { TestBed, type LogLine, type WorkerChild } from '../helpers/test-bed';
import { eventually } from '../helpers/eventually';

const MIB = 1024 * 1024;
const SPLIT_BYTES = 16 * MIB;
const CHECKPOINT_BYTES = Math.floor(SPLIT_BYTES / 10);
const KILLS = 10;
const FILES = 3;

let bed: TestBed;
afterEach(async () => bed.destroy());

/** Slow enough that kills fall in the middle of splits: about four seconds a split, a checkpoint each 0.1 to 0.4 s. */
async function createSlowBed(): Promise<TestBed> {
  return await TestBed.create({
    worker: { readBytesPerSecond: 8 * MIB, threads: 2 },
    pipeline: { splitBytes: SPLIT_BYTES, heartbeatTimeout: '1s', checkpoint: { bytes: CHECKPOINT_BYTES, interval: '100ms' } },
  });
}

function emitFiles(random: () => number, truth: Truth): void {
  emitSamples(bed.incoming, truth, { files: FILES, sizes: ['40MB', '50MB'], seed: Math.floor(random() * 2 ** 31), prefix: 'usage' });
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
    expect(await bed.sink.verify({ pipeline: 'usage' })).toEqual([]);
    const again = readAgain(bed.workers);
    process.stderr.write(
      `${kills} kills, ${again.resumes} resumes from a non-zero offset, most read again: ${Math.round(again.worstShare * 100)} % of a split\n`,
    );
    expect(again.resumes).toBeGreaterThanOrEqual(1);
    expect(again.worstShare).toBeLessThanOrEqual(0.2);
  },
  240_000,
);

test('totals are exact after the Temporal server is killed three times', async () => {
  const random = seededRandom(runSeed());
  bed = await createSlowBed();
  const truth: Truth = new Map();
  emitFiles(random, truth);
  const worker = await bed.startWorker();
  await bed.startScan();
  for (let kills = 0; kills < 3; kills += 1) {
    expect(await untilNewCheckpoint(bed, worker)).toBe(true);
    await bed.restartServer({ signal: 'SIGKILL', forget: false });
  }
  await eventually('the scan or its successor to start every file', async () => (await bed.files()).length === FILES, 60_000);
  const rows = await bed.untilDone(FILES, 120_000);
  expect(rows.map(({ state }) => state)).toEqual(Array(FILES).fill('in'));
  expect(await bed.sums()).toEqual(truth);
}, 240_000);

test('a worker that is stopped past the heartbeat timeout and wakes up again counts nothing twice', async () => {
  bed = await createSlowBed();
  const truth: Truth = new Map();
  await writeSample(bed.incoming, 'usage.txt', { seed: 7, lines: 300_000, keys: 500 }, truth);
  const zombie = await bed.startWorker();
  await bed.startScan();
  expect(await untilNewCheckpoint(bed, zombie)).toBe(true);
  zombie.send('SIGSTOP');
  const successor = await bed.startWorker();
  // The apply role's lock is held by a stopped process, so only the counting can be taken over while it sleeps.
  await eventually('the successor to resume the split', () => successor.logged('split begins').length > 0);
  await eventually('the successor to finish its split', async () => (await bed.files(['counted', 'in'])).length === 1, 60_000);
  zombie.send('SIGCONT');
  await bed.untilDone(1, 60_000);
  await eventually('the zombie to notice', () => zombie.lines.some((line) => isLateWrite(line)), 30_000);
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: 'usage' })).toEqual([]);
}, 120_000);

test('a file on which every worker dies without a checkpoint is set aside as worker_lost', async () => {
  bed = await TestBed.create({
    worker: { readBytesPerSecond: MIB / 4, threads: 1 },
    pipeline: { heartbeatTimeout: '1s', checkpoint: { bytes: '64MiB', interval: '900ms' } },
    source: {},
  });
  await bed.writeConfig({ checkpoint: { bytes: '64MiB', interval: '900ms' } });
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
    return rows.length === FILES && rows.every(({ state }) => state === 'in') && 'done';
  });
  return outcome === 'checkpoint';
}

function isLateWrite(line: LogLine): boolean {
  const text = JSON.stringify(line);
  return /fenced|NOT_FOUND|NotFound|not found|cancel/i.test(text);
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
