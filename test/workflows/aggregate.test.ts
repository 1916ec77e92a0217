import { signalWithStart } from '../../src/workers/wake';
import { eventually } from '../helpers/eventually';
import { eventCount, fetchRuns } from '../helpers/history';
import { WorkflowBed } from '../helpers/workflow-bed';

const ID = 'aggregate:usage';
let bed: WorkflowBed;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

test('a storm of signals loses nothing that came before the last apply, and the aggregation ends when idle', async () => {
  let counted = 0;
  let applied = 0;
  const applyCounted = async () => {
    const batch = counted - applied;
    applied = counted;
    return { applied: batch, remaining: 0 };
  };
  await bed.with({ apply: { applyCounted } }, async () => {
    const storm = async () => {
      for (let files = 0; files < 100; files += 1) {
        counted += 1;
        await signalWithStart(bed.client, 'usage');
      }
    };
    await Promise.all([storm(), storm()]);
    await eventually('everything to be applied', () => applied === 200, 30_000);
    // While it ends: each of these comes near the end of an idle wait.
    for (let round = 0; round < 3; round += 1) {
      await bed.client.workflow.getHandle(ID).result();
      counted += 1;
      await signalWithStart(bed.client, 'usage');
      await eventually('the late file to be applied', () => applied === counted, 30_000);
    }
    await bed.client.workflow.getHandle(ID).result();
  });
  expect(applied).toBe(203);
}, 120_000);

test('it continues as new early and carries on', async () => {
  let rounds = 0;
  const applyCounted = async () => ({ applied: 1, remaining: (rounds += 1) < 200 ? 1 : 0 });
  await bed.with({ apply: { applyCounted } }, async () => {
    await signalWithStart(bed.client, 'other');
    const { runId } = await bed.client.workflow.getHandle('aggregate:other').describe();
    await bed.client.workflow.getHandle('aggregate:other').result();
    const runs = await fetchRuns(bed.client, 'aggregate:other', runId);
    expect(runs.length).toBeGreaterThanOrEqual(2);
    for (const run of runs) expect(eventCount(run)).toBeLessThan(1_100);
  });
  expect(rounds).toBe(200);
}, 120_000);

test('it keeps applying while anything remains, without a signal', async () => {
  let left = 5;
  const applyCounted = async () => ({ applied: 1, remaining: (left -= 1) });
  await bed.with({ apply: { applyCounted } }, async () => {
    await signalWithStart(bed.client, 'rest');
    expect(await bed.client.workflow.getHandle('aggregate:rest').result()).toEqual({ applied: 5 });
  });
});
