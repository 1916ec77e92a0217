import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** One stored history for each workflow and each way through it; `-continued` ends with a continue-as-new. */
export const HISTORIES = [
  ...(['scan', 'scan-continued', 'aggregate', 'aggregate-continued', 'aggregate-stopped', 'backfill', 'backfill-continued'] as const),
  ...(['plan', 'verify', 'verify-mismatch'] as const),
  ...(['file-whole', 'file-in-splits', 'file-incomplete', 'file-replanned', 'file-quarantined', 'file-cancelled'] as const),
  ...(['scan-of-agent', 'backfill-of-agent', 'file-of-agent', 'file-of-agent-quarantined'] as const),
] as const;
export type HistoryName = (typeof HISTORIES)[number];

export function historyPath(name: HistoryName): string {
  return join(__dirname, 'histories', `${name}.json.gz`);
}

export async function readHistory(name: HistoryName): Promise<{ readonly events: readonly { readonly eventType: string }[] }> {
  return JSON.parse(gunzipSync(await readFile(historyPath(name))).toString()) as Awaited<ReturnType<typeof readHistory>>;
}

export async function writeHistory(name: HistoryName, text: string): Promise<void> {
  await writeFile(historyPath(name), gzipSync(text, { level: 9 }));
}
