/** Files of agents as their workflows have them counted, with activities that the test gives. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { IntakeActivities } from '../../src/contracts/agent-types';
import type { FileInput } from '../../src/contracts/workflow-types';
import { eventually } from '../helpers/eventually';
import { AGENT_SOURCE, WorkflowBed } from '../helpers/workflow-bed';

const INPUT: FileInput = {
  pipeline: 'usage',
  fileId: 'b'.repeat(32),
  version: 1,
  file: 'f',
  sizeBytes: 100,
  settings: {
    wholeFileBytesMax: 1_000,
    windowSplits: 3,
    heartbeatTimeoutMs: 2_000,
    agent: { sourceId: AGENT_SOURCE, awayAfterMs: 500 },
  },
};

let bed: WorkflowBed;
let serial = 0;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

async function start() {
  serial += 1;
  const options = { workflowId: `agent-${serial}`, taskQueue: 'tallyline-workflow', args: [INPUT] };
  return await bed.client.workflow.start('fileWorkflow', options);
}

function intake(setAside: string[], more: Partial<IntakeActivities> = {}): Partial<IntakeActivities> {
  return {
    admitForAgent: async () => {
      const file = { sourceKey: 'f', generation: 'g', sizeBytes: 100 };
      return { splitCount: 2, planDigest: 'd', splitBytesMax: 10, storedSplits: [], file };
    },
    setAside: async ({ reason, detail }) => {
      setAside.push(`${reason}: ${detail}`);
      throw ApplicationFailure.nonRetryable(detail, reason);
    },
    reportAgentAway: async () => undefined,
    ...more,
  };
}

const counted = (splitIndex: number) => ({ splitIndex, nextOffset: 0, records: 0, rejected: 0 });

test('a file whose partials are not there when it is handed over is counted again, and set aside at the third time', async () => {
  const setAside: string[] = [];
  let counts = 0;
  const activities = {
    intake: intake(setAside, { handOver: async () => ({ kind: 'incomplete' }) }),
    agent: { countForIntake: async ({ splitIndex }: { readonly splitIndex: number }) => ((counts += 1), counted(splitIndex)) },
  };
  await bed.with(activities, async () => expect((await start()).result()).rejects.toThrow());
  expect(setAside).toEqual(['partial_missing: its partials were not in the exchange when it was handed over, 3 times']);
  expect(counts).toBe(6);
});

test('a file that is cancelled while its agent is away is set aside as that', async () => {
  let aways = 0;
  let isCancelled = false;
  const activities = intake([], {
    reportAgentAway: async () => void (aways += 1),
    cancelFile: async () => {
      isCancelled = true;
      return { outcome: 'cancelled' };
    },
  });
  await bed.with({ intake: activities }, async () => {
    const handle = await start();
    await eventually('the agent to be away', async () => aways > 0, 20_000);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });
  expect(isCancelled).toBe(true);
});

test('once one split has ended the file, no other waits for an agent that is away', async () => {
  const setAside: string[] = [];
  let taken = 0;
  const activities = {
    intake: intake(setAside),
    agent: {
      countForIntake: async ({ splitIndex }: { readonly splitIndex: number }) => {
        taken += 1;
        if (splitIndex === 0) throw ApplicationFailure.nonRetryable('it changed [changed]: nothing of it counts', 'changed');
        // Until its worker ends.
        return await Context.current().cancelled;
      },
    },
  };
  const handle = await start();
  await bed.with(activities, async () => {
    await eventually('both splits to be taken up and one to end the file', async () => taken >= 2 && setAside.length > 0, 20_000);
  });
  expect(setAside).toEqual(['changed: it changed']);
  await bed.with({ intake: intake([]) }, async () => expect(handle.result()).rejects.toThrow());
}, 60_000);
