/**
 * The deployment of one pod: `tallyline up` with its Temporal server, both killed at once as a pod is, and started again with growing back-off.
 * Each time it got at least one checkpoint further; in the end every total is right.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { openSink } from '../../src/sinks/open-sink';
import { findFreePort } from '../../src/workers/dev-server';
import { eventually } from '../helpers/eventually';
import { killNotedServer } from '../helpers/noted-server';
import { writeSample, type Truth } from '../helpers/sample-files';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const PIPELINE = 'usage';
const MIB = 1024 ** 2;
const KILLS = 6;
/** As Kubernetes does it, a hundred times as fast: 10 s, 20 s, 40 s … */
const FIRST_PAUSE_MS = 100;

let folder: string;
let pod: ChildProcess | undefined;
let metricsPort: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-pod-'));
  metricsPort = await findFreePort();
  await mkdir(join(folder, 'incoming'));
  const config = {
    temporal: { address: `127.0.0.1:${await findFreePort()}` },
    sink: { kind: 'sqlite', path: './tallyline.db' },
    worker: { metricsAddress: `127.0.0.1:${metricsPort}`, readBytesPerSecond: 2 * MIB, threads: 1 },
    pipelines: [
      {
        name: PIPELINE,
        source: { kind: 'directory', root: './incoming', id: 'incoming', quietPeriod: '0s' },
        schedule: { every: '1s' },
        splitBytes: 8 * MIB,
        heartbeatTimeout: '2s',
        checkpoint: { bytes: MIB / 4, interval: '100ms' },
      },
    ],
  };
  await writeFile(join(folder, 'tallyline.yaml'), stringify(config));
});
afterEach(async () => {
  await killPod();
  await rm(folder, { recursive: true, force: true });
});

test('killed in a loop and started again, it gets further each time and every total is right', async () => {
  const random = seededRandom(runSeed());
  const truth: Truth = new Map();
  await writeSample(join(folder, 'incoming'), 'large.txt', { seed: 5, lines: 1_900_000 }, truth);
  let pauseMs = FIRST_PAUSE_MS;
  let resumes = 0;
  for (let kills = 0; kills < KILLS; kills += 1) {
    await startPod();
    await eventually('one checkpoint more', async () => (await metric('tallyline_checkpoints_total')) >= 1, 60_000);
    await new Promise((later) => setTimeout(later, random() * 500));
    resumes += await metric('tallyline_resumes_total');
    await killPod();
    await new Promise((later) => setTimeout(later, pauseMs));
    pauseMs *= 2;
  }
  await startPod();
  await eventually('the file in the totals', async () => (await metric('tallyline_files_total')) >= 1, 120_000);
  await killPod();
  expect(resumes).toBeGreaterThanOrEqual(KILLS - 2);
  const sink = await openSink({ kind: 'sqlite', path: join(folder, 'tallyline.db') });
  try {
    const { rows } = await sink.readTotals({ pipeline: PIPELINE, limit: 1_000 });
    expect(new Map(rows.map(({ key, sum }) => [Buffer.from(key).toString(), sum]))).toEqual(truth);
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  } finally {
    await sink.close();
  }
}, 240_000);

/** Resolves at once: it is killed while it starts, too. */
async function startPod(): Promise<void> {
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(await readFile(join(folder, 'tallyline.yaml'), 'utf8'))?.[1]);
  const args = ['up', '--config', join(folder, 'tallyline.yaml'), '--port', String(port), '--ui-port', String(await findFreePort())];
  pod = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
}

/** All of its processes at once. */
async function killPod(): Promise<void> {
  const child = pod;
  pod = undefined;
  if (child === undefined) return;
  const exited = new Promise((gone) => child.once('exit', gone));
  if (child.exitCode === null) child.kill('SIGKILL');
  await killNotedServer(folder);
  if (child.exitCode === null && child.signalCode === null) await exited;
}

/** Over all of its series; 0 while nobody answers. */
async function metric(name: string): Promise<number> {
  const text = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(
    (response) => response.text(),
    () => '',
  );
  const values = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
