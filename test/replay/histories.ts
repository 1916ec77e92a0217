import { join } from 'node:path';

/** One stored history for each workflow and each way through it. */
export const HISTORIES = ['scan', 'file-whole', 'file-in-splits', 'file-quarantined', 'file-cancelled', 'aggregate', 'backfill'] as const;
export type HistoryName = (typeof HISTORIES)[number];

export function historyPath(name: HistoryName): string {
  return join(__dirname, 'histories', `${name}.json`);
}
