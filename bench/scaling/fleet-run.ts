/** One run of a fleet: so many worker processes, the development server and a Postgres of its own, on this machine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalWithStart } from '../../src/workers/wake';
import { eventually } from '../../test/helpers/eventually';
import { PostgresServer } from '../../test/helpers/postgres-server';
import { PIPELINE, TestBed } from '../../test/helpers/test-bed';
import { processorSeconds } from '../harness/process-facts';
import { emitFiles, requireTrueTotals, type Sums } from '../pipeline/pipeline-run';
import type { FileCost } from './model';

const RUN_MS_MAX = 600_000;

export interface FleetRequest {
  readonly workers: number;
  readonly files: number;
  readonly fileBytes: number;
  readonly ids: number;
  readonly readBytesPerSecond?: number;
  /** Files that may be in flight. */
  readonly window?: number;
}

export interface FleetRun {
  /** From the start of the scan until the last file is in the totals. */
  readonly seconds: number;
  readonly fileBytes: number;
  readonly cost: Omit<FileCost, 'applySeconds'>;
}

/** Throws an Error when a total is not the true one. */
export async function runFleet(request: FleetRequest): Promise<FleetRun> {
  return await withBed(request, async ({ bed, postgres, truth, fileBytes }) => {
    const { workers, files } = request;
    const fleet = await Promise.all(Array.from({ length: workers }, () => bed.startWorker()));
    const postgresPid = Number(readFileSync(join(postgres.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    const spent = () => ({
      worker: fleet.reduce((sum, { pid }) => sum + processorSeconds(pid), 0),
      temporal: processorSeconds(bed.server.pid),
      database: familySeconds(postgresPid),
    });
    const [before, startedAt] = [spent(), performance.now()];
    await bed.startScan();
    await untilState(bed, 'in', files);
    const [after, seconds] = [spent(), (performance.now() - startedAt) / 1000];
    await requireTrueTotals(bed, truth);
    const cost = {
      workerSeconds: (after.worker - before.worker) / files,
      temporalSeconds: (after.temporal - before.temporal) / files,
      databaseSeconds: (after.database - before.database) / files,
    };
    return { seconds, fileBytes, cost };
  });
}

/** Seconds of an apply for each file, when all of them wait for it and nobody else works. */
export async function measureApply(request: Omit<FleetRequest, 'workers'>): Promise<number> {
  const { files } = request;
  return await withBed({ ...request, workers: 1 }, async ({ bed, truth }) => {
    const counter = await bed.startWorker('orchestrate,scan,count');
    await bed.startScan();
    await untilState(bed, 'counted', files);
    await counter.kill('SIGTERM');
    const applier = await bed.startWorker('orchestrate,apply');
    await signalWithStart(bed.client, PIPELINE);
    await untilState(bed, 'in', files);
    await requireTrueTotals(bed, truth);
    return (await readApplySeconds(applier.metricsAddress)) / files;
  });
}

interface Prepared {
  readonly bed: TestBed;
  readonly postgres: PostgresServer;
  readonly truth: Sums;
  readonly fileBytes: number;
}

async function withBed<Result>(request: FleetRequest, work: (prepared: Prepared) => Promise<Result>): Promise<Result> {
  const { files, fileBytes, ids, readBytesPerSecond } = request;
  const postgres = await PostgresServer.start();
  const bed = await TestBed.create({
    postgres: postgres.options(),
    environment: { TALLYLINE_LOG_LEVEL: 'info' },
    worker: { threads: 1, ...(readBytesPerSecond && { readBytesPerSecond }) },
    pipeline: {
      heartbeatTimeout: '60s',
      checkpoint: { interval: '5s' },
      policies: { duplicateContent: 'count' },
      window: { files: Math.max(50, request.window ?? 0) },
    },
  });
  try {
    const truth: Sums = new Map();
    const emitted = emitFiles(bed, { files, minBytes: fileBytes, maxBytes: fileBytes + 1_000, seed: 1, ids }, truth);
    return await work({ bed, postgres, truth, fileBytes: emitted.bytes / files });
  } finally {
    await bed.destroy();
    await postgres.remove();
  }
}

async function untilState(bed: TestBed, state: 'counted' | 'in', files: number): Promise<void> {
  await eventually(`${files} files ${state}`, async () => (await countOf(bed, state)) === files, RUN_MS_MAX);
}

async function countOf(bed: TestBed, state: 'counted' | 'in'): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return (await bed.sink.readStatus({ pipeline: PIPELINE })).files[state];
}

/** Of a process and its children that live: a server of Postgres has one for each connection. */
function familySeconds(pid: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => parentOf(other) === pid);
  return [pid, ...children].reduce((sum, member) => sum + processorSeconds(member), 0);
}

function parentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

async function readApplySeconds(metricsAddress: string): Promise<number> {
  const text = await (await fetch(metricsAddress)).text();
  return Number(/^tallyline_apply_seconds_sum\{[^}]*\} (\S+)$/m.exec(text)?.[1] ?? 0);
}
