/** Records one history of each workflow and each way through it: run by `npm run record-histories`. */
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { AdmitFileResult, ListBackfillResult } from '../../src/contracts/activity-types';
import { signalWithStart } from '../../src/workers/wake';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from '../helpers/eventually';
import { writeSample } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';
import { AGENT_SOURCE, WorkflowBed, type GivenActivities } from '../helpers/workflow-bed';
import { writeHistory, type HistoryName } from './histories';

const TIMEOUT_MS = 240_000;
const RESULT = { state: 'in' as const, file: 'f', bytes: 9, lines: 1, records: 1, blanks: 0, rejected: 0, splits: 1, contentDigest: '' };
const FILE_SETTINGS = { wholeFileBytesMax: 10, windowSplits: 3, heartbeatTimeoutMs: 2_000 };
const LISTING = { cursor: null, problem: null, listed: 1, lookedAtMs: 1, tookMs: 0, isMarkRequired: false, pages: ['p'] };
const SCAN_SETTINGS = { windowFiles: 50, file: FILE_SETTINGS };

beforeAll(() => mkdir(join(__dirname, 'histories'), { recursive: true }));

test(
  'the usual ways, through the whole product',
  async () => {
    const bed = await TestBed.create({ pipeline: { splitBytes: '64KiB', window: { files: 2, splits: 2 } } });
    try {
      for (let index = 0; index < 3; index += 1)
        await writeSample(bed.incoming, `small-${index}.txt`, { seed: index, lines: 100 }, new Map());
      await writeSample(bed.incoming, 'large.txt', { seed: 9, lines: 20_000 }, new Map());
      await writeSample(bed.incoming, 'bad.txt', { seed: 10, lines: 1 }, new Map());
      await writeSample(bed.incoming, 'cancelled.txt', { seed: 11, lines: 20_000 }, new Map());
      await appendFile(join(bed.incoming, 'bad.txt'), 'bad\n');

      const scanner = await bed.startWorker('orchestrate,scan');
      const scan = await bed.startScan();
      const cancelled = await eventually('the file to cancel', async () => handleOf(bed, 'cancelled.txt'), 30_000).catch(() => null);
      await cancelled?.cancel();
      await scanner.kill('SIGTERM');
      const worker = await bed.startWorker();
      await scan.result();
      await bed.untilDone(6);
      const keep = (name: HistoryName, handle: WorkflowHandle) => save(bed.server.address, name, handle);
      await keep('scan', scan);
      await keep('file-whole', (await handleOf(bed, 'small-0.txt'))!);
      await keep('file-in-splits', (await handleOf(bed, 'large.txt'))!);
      await keep('file-quarantined', (await handleOf(bed, 'bad.txt'))!);
      await keep('file-cancelled', (await handleOf(bed, 'cancelled.txt'))!);
      await keep('aggregate', bed.client.workflow.getHandle(`aggregate:${PIPELINE}`));
      for (let index = 0; index < 3; index += 1)
        await writeSample(bed.incoming, `again-${index}.txt`, { seed: 20 + index, lines: 100 }, new Map());
      const backfill = await bed.client.workflow.start('backfillWorkflow', {
        workflowId: 'backfill-recorded',
        taskQueue: 'tallyline-workflow',
        args: [{ pipeline: PIPELINE, prefix: '' }],
      });
      await backfill.result();
      await keep('backfill', backfill);
      await worker.kill('SIGTERM');
    } finally {
      await bed.destroy();
    }
  },
  TIMEOUT_MS,
);

describe('ways that take long or need a fault, with activities that are given', () => {
  let bed: WorkflowBed;
  beforeAll(async () => {
    bed = await WorkflowBed.create();
  });
  afterAll(async () => bed.destroy());

  async function record(name: HistoryName, activities: GivenActivities, workflowType: string, input: unknown): Promise<void> {
    await bed.with(activities, async () => {
      const start = { workflowId: name, taskQueue: 'tallyline-workflow', args: [input] };
      const { firstExecutionRunId } = await bed.client.workflow.start(workflowType, start);
      await bed.client.workflow.getHandle(name).result();
      await save(bed.address, name, bed.client.workflow.getHandle(name, firstExecutionRunId));
    });
  }

  test(
    'a scan that continues as new',
    async () => {
      const files = 700;
      const scan: GivenActivities['scan'] = {
        readScanSettings: async () => ({ ...SCAN_SETTINGS, stopReason: null, nowMs: 1 }),
        listSource: async () => ({
          cursor: null,
          problem: null,
          listed: files,
          registered: files,
          unsettled: 0,
          quarantined: 0,
          listRequests: 0,
        }),
        nextFiles: async ({ phase, afterSequence }) => {
          const count = phase === 'counting' ? 0 : Math.min(50, files - afterSequence);
          const startable = Array.from({ length: count }, (_, index) => {
            const fileId = (afterSequence + index).toString(16).padStart(32, '0');
            return { fileId, version: 1, file: 'f', sourceKey: 'f', sizeBytes: 1 };
          });
          const lastSequence = afterSequence + count;
          return { files: startable, lastSequence, hasMore: phase === 'seen' && lastSequence < files };
        },
      };
      const activities = { scan, count: { countFile: async () => RESULT } };
      await record('scan-continued', activities, 'scanWorkflow', { pipeline: 'usage', sourceId: 'incoming' });
    },
    TIMEOUT_MS,
  );

  test(
    'an aggregation that continues as new, and one of a stopped pipeline',
    async () => {
      let left = 200;
      const applyCounted = async () => ({ applied: 1, remaining: (left -= 1) > 0 ? left : 0, stopReason: null });
      await record('aggregate-continued', { apply: { applyCounted } }, 'aggregateWorkflow', { pipeline: 'usage' });
      let looks = 0;
      const stopped = async () => ({ applied: 0, remaining: 0, stopReason: (looks += 1) < 3 ? 'a mismatch' : null });
      await record('aggregate-stopped', { apply: { applyCounted: stopped } }, 'aggregateWorkflow', { pipeline: 'usage' });
      await signalWithStart(bed.client, 'usage');
    },
    TIMEOUT_MS,
  );

  test(
    'a backfill that continues as new',
    async () => {
      let pages = 400;
      const listBackfill = async (): Promise<ListBackfillResult> => {
        pages -= 1;
        return { cursor: 'a', hasMore: pages > 0, problem: null, matched: 1, files: [], states: { in: 1 }, settings: SCAN_SETTINGS };
      };
      await record('backfill-continued', { scan: { listBackfill } }, 'backfillWorkflow', { pipeline: 'usage', prefix: '' });
    },
    TIMEOUT_MS,
  );

  test(
    'a plan, and verifications with and without a mismatch',
    async () => {
      const apply: GivenActivities['apply'] = {
        createPlan: async () => ({ shadow: 'usage~p1', expiresAt: '2026-12-01T00:00:00.000Z' }),
        sealPlan: async () => ({ files: 1, outcomes: { 'count: in': 1 } }),
        verifySink: async () => ({ mismatches: 0, first: null }),
      };
      const listBackfill = async (): Promise<ListBackfillResult> => {
        return { cursor: null, hasMore: false, problem: null, matched: 1, files: [], states: { in: 1 }, settings: SCAN_SETTINGS };
      };
      await record('plan', { apply, scan: { listBackfill } }, 'planWorkflow', { pipeline: 'usage', prefix: '', recount: true });
      await record('verify', { apply }, 'verifyWorkflow', { pipeline: 'usage' });
      const verifySink = async () => ({ mismatches: 1, first: 'totals_sum of k' });
      await expect(record('verify-mismatch', { apply: { verifySink } }, 'verifyWorkflow', { pipeline: 'usage' })).rejects.toThrow();
      await save(bed.address, 'verify-mismatch', bed.client.workflow.getHandle('verify-mismatch'));
    },
    TIMEOUT_MS,
  );

  test(
    'a file whose partials are missing once when it is applied',
    async () => {
      let handOvers = 0;
      const admitFile = async (): Promise<AdmitFileResult> => {
        return { splitCount: 4, planDigest: 'd', splitBytesMax: 10, storedSplits: handOvers === 0 ? [] : [0, 1, 3] };
      };
      const activities: GivenActivities['count'] = {
        admitFile,
        countSplit: async ({ splitIndex }) => ({ splitIndex, nextOffset: 0, records: 0, rejected: 0 }),
        handOver: async () => ((handOvers += 1) === 1 ? { kind: 'incomplete' } : { kind: 'applied', result: RESULT }),
      };
      const input = { pipeline: 'usage', fileId: 'b'.repeat(32), version: 1, file: 'f', sizeBytes: 100, settings: FILE_SETTINGS };
      await record('file-incomplete', { count: activities }, 'fileWorkflow', input);
    },
    TIMEOUT_MS,
  );

  test(
    'a file whose plan is replaced because a record spans lines',
    async () => {
      let isReplaced = false;
      const activities: GivenActivities['count'] = {
        admitFile: async () => {
          const planDigest = isReplaced ? 'one split' : 'd';
          return { splitCount: isReplaced ? 1 : 8, planDigest, splitBytesMax: 10, storedSplits: [] };
        },
        countSplit: async ({ splitIndex, planDigest }) => {
          isReplaced ||= splitIndex === 3;
          const planReplaced = planDigest === 'd' && isReplaced;
          return { splitIndex, nextOffset: 0, records: 0, rejected: 0, ...(planReplaced && { planReplaced }) };
        },
        handOver: async () => ({ kind: 'applied', result: RESULT }),
      };
      const input = { pipeline: 'usage', fileId: 'c'.repeat(32), version: 1, file: 'f', sizeBytes: 100, settings: FILE_SETTINGS };
      await record('file-replanned', { count: activities }, 'fileWorkflow', input);
    },
    TIMEOUT_MS,
  );
});

describe('files of agents, with activities that are given', () => {
  const agent = { sourceId: AGENT_SOURCE, awayAfterMs: 1_000 };
  const file = { pipeline: 'usage', fileId: 'd'.repeat(32), version: 1, file: 'f', sizeBytes: 100, settings: { ...FILE_SETTINGS, agent } };
  const settings = { ...SCAN_SETTINGS, agentAwayAfterMs: 1_000 };
  let bed: WorkflowBed;
  let isReplaced = false;
  const intake: NonNullable<GivenActivities['intake']> = {
    readScanSettings: async () => ({ ...settings, stopReason: null, nowMs: 1, hasWaiting: false }),
    registerListing: async ({ listing: { cursor, problem, listed } }) => {
      return { cursor, problem, listed, registered: listed, unsettled: 0, quarantined: 0, listRequests: 0 };
    },
    nextFiles: async ({ phase, afterSequence }) => {
      const isNext = phase === 'seen' && afterSequence === 0;
      const files = isNext ? [{ fileId: 'e'.repeat(32), version: 1, file: 'f', sourceKey: 'f', sizeBytes: 1 }] : [];
      return { files, lastSequence: 1, hasMore: false };
    },
    readBackfillRoom: async () => ({ roomFiles: 10, settings }),
    registerChosen: async () => ({ cursor: null, hasMore: false, problem: null, matched: 1, files: [], states: { in: 1 }, settings }),
    reportAgentAway: async () => undefined,
    admitForAgent: async () => {
      const splits = { splitCount: isReplaced ? 1 : 4, planDigest: isReplaced ? 'one split' : 'd', splitBytesMax: 10, storedSplits: [] };
      return { ...splits, file: { sourceKey: 'f', generation: 'g', sizeBytes: 100 } };
    },
    replacePlan: async ({ splitIndex }) => {
      isReplaced = true;
      return { splitIndex, nextOffset: 0, records: 0, rejected: 0, planReplaced: true };
    },
    setAside: async ({ reason, detail }) => {
      throw ApplicationFailure.nonRetryable(detail, reason);
    },
    handOver: async () => ({ kind: 'applied', result: RESULT }),
  };
  const counting: NonNullable<GivenActivities['agent']> = {
    listForIntake: async () => LISTING,
    chooseForIntake: async () => ({ ...LISTING, hasMore: false, absent: 0 }),
    countForIntake: async ({ splitIndex, planDigest }) => {
      const counted = { splitIndex, nextOffset: 0, records: 0, rejected: 0 };
      return planDigest === 'd' && splitIndex === 1 ? { ...counted, spanningRecord: 'the second' } : counted;
    },
  };
  beforeAll(async () => {
    bed = await WorkflowBed.create();
  });
  afterAll(async () => bed.destroy());

  /** The agent comes after a while, or is there. */
  async function record(name: HistoryName, workflowType: string, input: unknown, awayMs: number, more: GivenActivities['agent'] = {}) {
    await bed.with({ intake }, async () => {
      await bed.client.workflow.start(workflowType, { workflowId: name, taskQueue: 'tallyline-workflow', args: [input] });
      await new Promise((later) => setTimeout(later, awayMs));
    });
    await bed.with({ intake, agent: { ...counting, ...more } }, () => save(bed.address, name, bed.client.workflow.getHandle(name)));
  }

  test(
    'of one that comes late, one whose plan is replaced, one that is set aside, a scan and a backfill',
    async () => {
      await record('file-of-agent', 'fileWorkflow', file, 2_500);
      await record('scan-of-agent', 'scanWorkflow', { pipeline: 'usage', sourceId: AGENT_SOURCE, isAgent: true }, 0);
      await record('backfill-of-agent', 'backfillWorkflow', { pipeline: 'usage', sourceId: AGENT_SOURCE, prefix: '' }, 2_500);
      const countForIntake = async () => {
        throw ApplicationFailure.nonRetryable('it changed [changed]: nothing of it', 'changed');
      };
      await record('file-of-agent-quarantined', 'fileWorkflow', { ...file, fileId: 'f'.repeat(32) }, 0, { countForIntake });
    },
    TIMEOUT_MS,
  );
});

async function handleOf(bed: TestBed, sourceKey: string): Promise<WorkflowHandle | null> {
  const row = (await bed.sink.findFiles({ pipeline: PIPELINE, sourceKey }))[0];
  if (!row) return null;
  const handle = bed.client.workflow.getHandle(`file:${PIPELINE}:${row.fileId}:${row.version}`);
  return await handle.describe().then(
    () => handle,
    () => null,
  );
}

async function save(address: string, name: HistoryName, handle: WorkflowHandle): Promise<void> {
  await handle.result().catch(() => undefined);
  const temporal = await findOrInstallTemporal(() => undefined);
  const { runId } = await handle.describe();
  const { workflowId } = handle;
  const args = ['workflow', 'show', '--address', address, '--workflow-id', workflowId, '--run-id', runId, '--output', 'json'];
  const { status, stdout, stderr } = spawnSync(temporal, args, { encoding: 'utf8', timeout: 30_000, maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`the history of ${workflowId} cannot be read: ${stderr}`);
  // Stack traces name files of this checkout; a stored history must not.
  await writeHistory(name, stdout.replaceAll(`${resolve(__dirname, '..', '..')}/`, ''));
}
