/** The stored histories replay against today's workflows, and a twin that was broken on purpose does not. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { HISTORIES, historyPath } from './histories';

const BUNDLE = resolve(__dirname, '..', '..', 'dist', 'workflow-bundle.js');

beforeAll(() => Runtime.install({ logger: new DefaultLogger('ERROR') }));

test.each(HISTORIES)('history %s replays', async (name) => {
  const history: unknown = JSON.parse(await readFile(historyPath(name), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: { codePath: BUNDLE } }, history);
});

test('a workflow that schedules another activity first does not replay', async () => {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: join(__dirname, 'broken-twin.ts'), logger: new DefaultLogger('ERROR') });
  const history: unknown = JSON.parse(await readFile(historyPath('file-whole'), 'utf8'));
  await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow(DeterminismViolationError);
}, 120_000);
