import { signalWithStart } from '../../src/workers/wake';
import { eventually } from '../helpers/eventually';
import { eventCount, fetchRuns } from '../helpers/history';
import { runSeed, seededRandom } from '../helpers/seeded-random';
import { WorkflowBed } from '../helpers/workflow-bed';

/** As in the workflow. */
const IDLE_MS = 2_000;
const ENDINGS = 4;

/** Files that are counted and signalled, and an apply that takes what is there. */
class CountedWork {
  counted = 0;
  applied = 0;

  readonly applyCounted = async () => {
    const batch = this.counted - this.applied;
    this.applied = this.counted;
    return { applied: batch, remaining: 0, stopReason: null };
  };

  async signal(pipeline: string): Promise<void> {
    this.counted += 1;
    await signalWithStart(bed.client, pipeline);
  }
}

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

test('a storm of signals loses nothing that came before the last apply', async () => {
  const work = new CountedWork();
  await bed.with({ apply: { applyCounted: work.applyCounted } }, async () => {
    const storm = async () => {
      for (let files = 0; files < 100; files += 1) await work.signal('usage');
    };
    await Promise.all([storm(), storm()]);
    await eventually('everything to be applied', () => work.applied === 200, 30_000);
  });
}, 120_000);

test('signals that come in the moment when it ends lose nothing, and it ends when idle', async () => {
  const random = seededRandom(runSeed());
  const work = new CountedWork();
  const handle = bed.client.workflow.getHandle('aggregate:ending');
  let foundRunning = 0;
  await bed.with({ apply: { applyCounted: work.applyCounted } }, async () => {
    for (let round = 0; round < ENDINGS; round += 1) {
      await work.signal('ending');
      await eventually('the file to be applied', () => work.applied === work.counted, 30_000);
      // The run ends about IDLE_MS after its last apply; the storm falls around that moment, so the clock is what is tested here.
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS - 150 + random() * 300));
      foundRunning += (await handle.describe()).status.name === 'RUNNING' ? 1 : 0;
      await Promise.all(Array.from({ length: 5 }, () => work.signal('ending')));
      await eventually('the late files to be applied', () => work.applied === work.counted, 30_000);
    }
    await handle.result();
  });
  process.stderr.write(`signals around ${ENDINGS} endings, ${foundRunning} of them before the end\n`);
  expect(work.applied).toBe(ENDINGS * 6);
}, 120_000);

test('a stopped pipeline is looked at again until it is resumed, in a history that stays bounded', async () => {
  let looks = 0;
  const applyCounted = async () => {
    looks += 1;
    return looks < 2 ? { applied: 0, remaining: 0, stopReason: 'a mismatch' } : { applied: 7, remaining: 0, stopReason: null };
  };
  await bed.with({ apply: { applyCounted } }, async () => {
    await signalWithStart(bed.client, 'stopped');
    expect(await bed.client.workflow.getHandle('aggregate:stopped').result()).toEqual({ applied: 7 });
  });
  expect(looks).toBe(2);
}, 60_000);

test('it continues as new early and carries on', async () => {
  let rounds = 0;
  const applyCounted = async () => ({ applied: 1, remaining: (rounds += 1) < 180 ? 1 : 0, stopReason: null });
  await bed.with({ apply: { applyCounted } }, async () => {
    await signalWithStart(bed.client, 'other');
    const { runId } = await bed.client.workflow.getHandle('aggregate:other').describe();
    await bed.client.workflow.getHandle('aggregate:other').result();
    const runs = await fetchRuns(bed.client, 'aggregate:other', runId);
    expect(runs.length).toBeGreaterThanOrEqual(2);
    for (const run of runs) expect(eventCount(run)).toBeLessThan(1_100);
  });
  expect(rounds).toBe(180);
}, 120_000);

test('it keeps applying while anything remains, without a signal', async () => {
  let left = 5;
  const applyCounted = async () => ({ applied: 1, remaining: (left -= 1), stopReason: null });
  await bed.with({ apply: { applyCounted } }, async () => {
    await signalWithStart(bed.client, 'rest');
    expect(await bed.client.workflow.getHandle('aggregate:rest').result()).toEqual({ applied: 5 });
  });
});
