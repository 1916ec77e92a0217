/** Starts one file workflow a file. A running one refuses a second start, and that is fine: somebody counts the file already. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { startChild } from '@temporalio/workflow';
import type { StartableFile } from '../contracts/activity-types';
import { bytesAttribute, fileAttribute, pipelineAttribute, stateAttribute } from '../contracts/search-attributes';
import { TASK_QUEUES } from '../contracts/task-queues';
import type { FileInput, FileSettings } from '../contracts/workflow-types';
import { fileWorkflowId } from '../core/ids';
import type { fileWorkflow } from './file';

/** Returns how many were started anew. */
export async function startFiles(pipeline: string, files: readonly StartableFile[], settings: FileSettings): Promise<number> {
  const started = await Promise.all(files.map((file) => startFile(pipeline, file, settings)));
  return started.filter(Boolean).length;
}

async function startFile(pipeline: string, file: StartableFile, settings: FileSettings): Promise<boolean> {
  const input: FileInput = {
    pipeline,
    fileId: file.fileId,
    version: file.version,
    file: file.file,
    sizeBytes: file.sizeBytes,
    settings,
  };
  try {
    await startChild<typeof fileWorkflow>('fileWorkflow', {
      workflowId: fileWorkflowId(pipeline, file.fileId, file.version),
      taskQueue: TASK_QUEUES.orchestrate,
      args: [input],
      // The file outlives the scan that found it.
      parentClosePolicy: 'ABANDON',
      // A closed workflow may start again: the sink, not Temporal, knows what is done.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `${file.file} (${formatMegabytes(file.sizeBytes)})`,
      memo: { sourceKey: file.sourceKey },
      typedSearchAttributes: [
        { key: pipelineAttribute, value: pipeline },
        { key: fileAttribute, value: file.file },
        { key: stateAttribute, value: 'counting' },
        { key: bytesAttribute, value: file.sizeBytes },
      ],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
