import type { StartableFile } from '../contracts/activity-types';
import { PAYLOAD_BUDGET_BYTES } from '../contracts/payload-budget';
import type { FileToStart } from '../sinks/sink-scan';
import { fileLabel } from './file-label';

const FILE_BYTES_RESERVED = 400;

/** Fits the payload budget of a scan page: long keys are cut to their label first, and only then the list. */
export function toStartableFiles(files: readonly FileToStart[]): StartableFile[] {
  const startable: StartableFile[] = [];
  let bytes = 0;
  for (const [index, { fileId, version, sourceKey, sizeBytes }] of files.entries()) {
    const file = fileLabel(sourceKey);
    const reserved = (files.length - index - 1) * FILE_BYTES_RESERVED;
    const whole: StartableFile = { fileId, version, file, sourceKey, sizeBytes };
    const fits = bytes + jsonBytes(whole) + reserved <= PAYLOAD_BUDGET_BYTES.scanPage;
    const entry = fits ? whole : { ...whole, sourceKey: file };
    bytes += jsonBytes(entry);
    if (bytes > PAYLOAD_BUDGET_BYTES.scanPage) return startable;
    startable.push(entry);
  }
  return startable;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
