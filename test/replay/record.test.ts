/** Records one history of each workflow and path, when asked to by `npm run record-histories`; otherwise checks that all are there. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from '../helpers/eventually';
import { writeSample } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';
import { HISTORIES, historyPath, type HistoryName } from './histories';

const isRecording = process.env['TALLYLINE_RECORD'] === '1';

(isRecording ? test : test.skip)(
  'records a history of every workflow',
  async () => {
    await mkdir(join(__dirname, 'histories'), { recursive: true });
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
      await save(bed, 'scan', scan);
      await save(bed, 'file-whole', (await handleOf(bed, 'small-0.txt'))!);
      await save(bed, 'file-in-splits', (await handleOf(bed, 'large.txt'))!);
      await save(bed, 'file-quarantined', (await handleOf(bed, 'bad.txt'))!);
      await save(bed, 'file-cancelled', (await handleOf(bed, 'cancelled.txt'))!);
      await save(bed, 'aggregate', bed.client.workflow.getHandle(`aggregate:${PIPELINE}`));
      const backfill = await bed.client.workflow.start('backfillWorkflow', {
        workflowId: 'backfill-recorded',
        taskQueue: 'tallyline-workflow',
        args: [{ pipeline: PIPELINE, prefix: 'small' }],
      });
      await backfill.result();
      await save(bed, 'backfill', backfill);
      await worker.kill('SIGTERM');
    } finally {
      await bed.destroy();
    }
  },
  240_000,
);

test.each(HISTORIES)('there is a stored history: %s', (name) => {
  expect(existsSync(historyPath(name))).toBe(true);
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

async function save(bed: TestBed, name: HistoryName, handle: WorkflowHandle): Promise<void> {
  await handle.result().catch(() => undefined);
  const temporal = await findOrInstallTemporal(() => undefined);
  const args = ['workflow', 'show', '--address', bed.server.address, '--workflow-id', handle.workflowId, '--output', 'json'];
  const { status, stdout, stderr } = spawnSync(temporal, args, { encoding: 'utf8', timeout: 30_000, maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`the history of ${handle.workflowId} cannot be read: ${stderr}`);
  // Stack traces name files of this checkout; a stored history must not.
  await writeFile(historyPath(name), stdout.replaceAll(`${resolve(__dirname, '..', '..')}/`, ''));
}
