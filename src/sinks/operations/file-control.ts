/** A counted file against what its manifest says. */
import { judgeControl, type ControlVerdict } from '../../core/control-totals';
import { sumOf } from '../../core/merge';
import { iteratePartialEntries } from '../../core/partial-codec';
import { configuredPipeline } from '../../core/plan-name';
import type { ExpectedFile } from '../store-expected';
import type { FileVersion } from '../sink';
import type { StoredFile, StoreTransaction } from '../store';
import { openPart, readParts } from './contribution-store';
import type { FileCount } from './file-count';

type Count = Extract<FileCount, { kind: 'complete' }>;

/** The caller holds the row's lock: a manifest that is stored at the same time waits for it, or was seen here. */
export async function judgeByManifest(transaction: StoreTransaction, row: StoredFile, count: Count): Promise<ControlVerdict | null> {
  const [expected] = await transaction.expected.read(configuredPipeline(row.pipeline), row.sourceId, [row.sourceKey]);
  return expected ? judgeCount(expected, count) : null;
}

export function judgeCount({ control, manifestKey }: ExpectedFile, { receipt, partials }: Count): ControlVerdict | null {
  // One partial after the other: decoding them is what costs.
  const sum = control.sum === undefined ? null : partials.reduce((total, { blob }) => total + sumOf(iteratePartialEntries(blob)), 0n);
  return judgeControl(control, { ...receipt, sum }, manifestKey);
}

/** Of a file that is in. */
export async function judgeIn(
  transaction: StoreTransaction,
  { control, manifestKey }: ExpectedFile,
  row: StoredFile,
): Promise<ControlVerdict | null> {
  if (row.inVersion === null) return null;
  const version = { fileId: row.fileId, version: row.inVersion };
  const [stored] = await transaction.receipts.read([version]);
  if (stored === undefined) return null;
  const sum = control.sum === undefined ? null : await sumIn(transaction, version);
  return judgeControl(control, { ...stored.receipt, sum }, manifestKey);
}

/** Null once the contribution is pruned: then nobody knows its sum. */
async function sumIn(transaction: StoreTransaction, file: FileVersion): Promise<bigint | null> {
  let total: bigint | null = null;
  for await (const part of readParts(transaction, [file])) total = (total ?? 0n) + sumOf(openPart(part));
  return total;
}
