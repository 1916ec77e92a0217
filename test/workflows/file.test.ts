import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type { CountActivities } from '../../src/contracts/activity-types';
import type { FileInput } from '../../src/contracts/workflow-types';
import { eventually } from '../helpers/eventually';
import { eventCount, fetchHistory, payloadsOverBudget } from '../helpers/history';
import { untilCancelled, WorkflowBed } from '../helpers/workflow-bed';

const RESULT = { state: 'in' as const, file: 'f', bytes: 9, lines: 1, records: 1, blanks: 0, rejected: 0, splits: 1, contentDigest: '' };
const INPUT: FileInput = {
  pipeline: 'usage',
  fileId: 'b'.repeat(32),
  version: 1,
  file: 'f',
  sizeBytes: 100,
  settings: { wholeFileBytesMax: 10, windowSplits: 3, heartbeatTimeoutMs: 2_000 },
};

let bed: WorkflowBed;
let serial = 0;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

async function start(input: FileInput = INPUT) {
  serial += 1;
  return await bed.client.workflow.start('fileWorkflow', { workflowId: `file-${serial}`, taskQueue: 'tallyline-workflow', args: [input] });
}

function counting(more: Partial<CountActivities>): Partial<CountActivities> {
  return {
    admitFile: async () => ({ splitCount: 8, planDigest: 'd', splitBytesMax: 10, storedSplits: [] }),
    countSplit: async ({ splitIndex }) => ({ splitIndex, nextOffset: 0, records: 0, rejected: 0 }),
    handOver: async () => ({ kind: 'applied', result: RESULT }),
    ...more,
  };
}

async function failureOf(promise: Promise<unknown>): Promise<string | undefined | null> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  return inner instanceof ApplicationFailure ? inner.type : String(error);
}

test('splits are counted in a window, and only those that are not stored yet', async () => {
  let underWay = 0;
  let most = 0;
  const counted: number[] = [];
  const activities = counting({
    admitFile: async () => ({ splitCount: 8, planDigest: 'd', splitBytesMax: 10, storedSplits: [0, 5] }),
    countSplit: async ({ splitIndex }) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      counted.push(splitIndex);
      return { splitIndex, nextOffset: 0, records: 0, rejected: 0 };
    },
  });
  await bed.with({ count: activities }, async () => expect(await (await start()).result()).toEqual(RESULT));
  expect(counted.sort()).toEqual([1, 2, 3, 4, 6, 7]);
  expect(most).toBe(3);
});

test('a file of one split costs one activity and at most twelve events', async () => {
  const handle = await bed.with({ count: { countFile: async () => RESULT } }, async () => {
    const started = await start({ ...INPUT, sizeBytes: 5 });
    expect(await started.result()).toEqual(RESULT);
    return started;
  });
  const history = await fetchHistory(bed.client, handle.workflowId);
  expect(eventCount(history)).toBeLessThanOrEqual(12);
  expect(payloadsOverBudget(history)).toEqual([]);
});

test('partials that are missing at the hand-over are counted again', async () => {
  const counted: number[] = [];
  let handOvers = 0;
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  const activities = counting({
    admitFile: async () => {
      const storedSplits = handOvers === 0 ? [] : all.filter((index) => index !== 3);
      return { splitCount: all.length, planDigest: 'd', splitBytesMax: 10, storedSplits };
    },
    countSplit: async ({ splitIndex }) => {
      counted.push(splitIndex);
      return { splitIndex, nextOffset: 0, records: 0, rejected: 0 };
    },
    handOver: async () => (++handOvers === 1 ? { kind: 'incomplete' } : { kind: 'applied', result: RESULT }),
  });
  await bed.with({ count: activities }, async () => expect(await (await start()).result()).toEqual(RESULT));
  expect(counted.filter((index) => index === 3)).toHaveLength(2);
});

test('a plan that was replaced is asked for again at once, and no other split of the old one is begun', async () => {
  const counted: string[] = [];
  let isReplaced = false;
  const activities = counting({
    admitFile: async () => {
      const splitCount = isReplaced ? 1 : 8;
      return { splitCount, planDigest: isReplaced ? 'one split' : 'd', splitBytesMax: 10, storedSplits: [] };
    },
    countSplit: async ({ splitIndex, planDigest }) => {
      counted.push(`${splitIndex} by ${planDigest}`);
      isReplaced ||= splitIndex === 1;
      const planReplaced = planDigest === 'd' && isReplaced;
      return { splitIndex, nextOffset: 0, records: 0, rejected: 0, ...(planReplaced && { planReplaced }) };
    },
    handOver: async () => {
      counted.push('handed over');
      return { kind: 'applied', result: RESULT };
    },
  });
  await bed.with({ count: activities }, async () => expect(await (await start()).result()).toEqual(RESULT), 0);
  expect(counted.slice(0, -2).length).toBeLessThan(8);
  expect(counted.slice(-2)).toEqual(['0 by one split', 'handed over']);
});

test('a data fault closes the workflow as failed under its code', async () => {
  const activities = counting({
    countSplit: async () => {
      throw ApplicationFailure.nonRetryable('it changed', 'changed');
    },
  });
  await bed.with({ count: activities }, async () => expect(await failureOf((await start()).result())).toBe('changed'));
});

/** The workflow is cancelled while it is being admitted, which then ends as `how`. Answers its failure, and what was set aside. */
async function cancelWhileAdmitting(how: () => unknown): Promise<{ failure: unknown; setAside: string[] }> {
  let isAdmitting = false;
  const setAside: string[] = [];
  const activities = counting({
    admitFile: async () => {
      isAdmitting = true;
      await untilCancelled().catch((cancel: unknown) => {
        throw how() ?? cancel;
      });
      throw new Error('it ended without a cancel');
    },
    cancelFile: async ({ fileId }) => {
      setAside.push(fileId);
      return { outcome: 'cancelled' };
    },
  });
  const failure = await bed.with({ count: activities }, async () => {
    const handle = await start();
    await eventually('the admission', () => isAdmitting);
    await handle.cancel();
    return await failureOf(handle.result());
  });
  return { failure, setAside };
}

test.each([
  ['a cancel before the file is counted sets it aside', () => undefined],
  ['a cancel that comes together with an outage is not lost', () => ApplicationFailure.retryable('it is away', 'sink_unavailable')],
])(
  '%s',
  async (_title, how) => {
    expect(await cancelWhileAdmitting(how)).toEqual({ failure: 'cancelled', setAside: [INPUT.fileId] });
  },
  60_000,
);

test('a data fault at the moment of a cancel keeps its own code', async () => {
  const changed = () => ApplicationFailure.nonRetryable('it changed', 'changed');
  expect(await cancelWhileAdmitting(changed)).toEqual({ failure: 'changed', setAside: [] });
}, 60_000);

test('a cancel after the file is counted is ignored', async () => {
  let mayEnd = false;
  let isHandingOver = false;
  const activities = counting({
    handOver: async () => {
      isHandingOver = true;
      await eventually('the test to go on', () => mayEnd);
      return { kind: 'applied', result: RESULT };
    },
  });
  await bed.with({ count: activities }, async () => {
    const handle = await start();
    await eventually('the hand-over', () => isHandingOver);
    await handle.cancel();
    mayEnd = true;
    expect(await handle.result()).toEqual(RESULT);
  });
});

test('every workflow task replayed from its history gives the same result', async () => {
  await bed.with({ count: counting({}) }, async () => expect(await (await start()).result()).toEqual(RESULT), 0);
});
