/** What the same server can do at best: child workflows with one activity each that does nothing. */
import { continueAsNew, executeChild, proxyActivities, workflowInfo } from '@temporalio/workflow';

/** As many events as one run of a scan has at most. */
const EVENTS_MAX = 2_000;

interface ParentInput {
  readonly children: number;
  /** At once, as the pipeline's `window.files`. */
  readonly window: number;
}

const { doNothing } = proxyActivities<{ doNothing: () => Promise<void> }>({ startToCloseTimeout: 60_000 });

export async function emptyChildWorkflow(): Promise<void> {
  await doNothing();
}

export async function emptyParentWorkflow({ children, window }: ParentInput): Promise<void> {
  let left = children;
  const startNext = async (): Promise<void> => {
    while (left > 0 && workflowInfo().historyLength < EVENTS_MAX) {
      left -= 1;
      await executeChild(emptyChildWorkflow, { args: [] });
    }
  };
  await Promise.all(Array.from({ length: window }, startNext));
  if (left > 0) await continueAsNew<typeof emptyParentWorkflow>({ children: left, window });
}
