/** A record that spans lines, found in the middle of a file that was cut into splits. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCountActivities } from '../../../src/activities/count-activities';
import type { SplitCounting } from '../../../src/activities/dependencies';
import { FileWatch } from '../../../src/activities/file-watch';
import { createScanActivities } from '../../../src/activities/scan-activities';
import { DEFAULT_CSV_FORMAT } from '../../../src/core/format';
import { ThreadPool } from '../../../src/kernel/thread-pool';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

const HEADER = 'consumer,amount,note\n';
const FORMAT = { ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer'], valueColumn: 'amount' };
const SPLIT_BYTES = 50;

let root: string;
let pool: ThreadPool;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-replan-'));
  pool = new ThreadPool({ threads: 1 });
});
afterEach(async () => {
  await pool.close();
  await rm(root, { recursive: true });
});

/** A bed with one file of four splits, admitted. */
async function admitted(text: string, counting: SplitCounting = pool) {
  await writeFile(join(root, 'a.csv'), text);
  const bed = await ActivityBed.create(root, counting);
  const dependencies = bed.dependencies({ format: FORMAT, splitBytes: SPLIT_BYTES });
  await runActivity(createScanActivities(dependencies).listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  const file = { pipeline: PIPELINE, fileId: await bed.onlyFileId(), version: 1 };
  const activities = createCountActivities(dependencies, new FileWatch(bed.sink));
  const admission = await runActivity(activities.admitFile, file);
  const count = (splitIndex: number, planDigest = admission.planDigest) =>
    runActivity(activities.countSplit, { ...file, planDigest, splitIndex });
  return { bed, admission, count, admit: () => runActivity(activities.admitFile, file) };
}

/** The record that spans lines begins in split `split`. */
function spanningIn(split: number): string {
  const before = Math.floor((split * SPLIT_BYTES - HEADER.length) / 8) + 1;
  return `${HEADER}${'a,1,abc\n'.repeat(before)}b,2,"x\ny"\n${'a,1,abc\n'.repeat(24 - before)}`;
}

test('the split that finds it replaces the plan, and the file is counted in one split', async () => {
  const { bed, admission, count, admit } = await admitted(spanningIn(2));
  expect(admission.splitCount).toBe(5);
  expect(await count(0)).toMatchObject({ records: 4 });
  expect(await count(2)).toMatchObject({ splitIndex: 2, records: 0, planReplaced: true });
  const again = await admit();
  expect(again).toMatchObject({ splitCount: 1, storedSplits: [] });
  expect(again.planDigest).not.toBe(admission.planDigest);
  expect(again.splitBytesMax).toBe(spanningIn(2).length);
  expect(await count(0, again.planDigest)).toMatchObject({ records: 25, rejected: 0 });
  expect(bed.failures).toEqual([]);
  expect(bed.quarantined).toEqual([]);
});

test('whoever still counts by the old plan is told so, whether it begins late or ends late', async () => {
  let replaceFirst: (() => Promise<unknown>) | undefined;
  const { bed, count, admit } = await admitted(spanningIn(1), {
    run: async (job, hooks) => {
      const counted = await pool.run(job, hooks);
      const replace = replaceFirst;
      replaceFirst = undefined;
      await replace?.();
      return counted;
    },
  });
  replaceFirst = () => count(1);
  expect(await count(3)).toMatchObject({ splitIndex: 3, planReplaced: true });
  expect(await count(4)).toMatchObject({ splitIndex: 4, planReplaced: true });
  expect(await admit()).toMatchObject({ splitCount: 1, storedSplits: [] });
  expect(bed.failures).toEqual([]);
});

test('a header without a column of the format sets the file aside, and says what it has', async () => {
  const { bed, count } = await admitted(`customer,amount,note\n${'a,1,abc\n'.repeat(20)}`);
  await expect(count(2)).rejects.toMatchObject({ type: 'header_unknown', nonRetryable: true });
  expect(await bed.sink.readFile(await bed.onlyFileId())).toMatchObject({
    ...{ state: 'quarantined', reason: 'header_unknown' },
    detail: 'the header has no column "consumer"; its 3 columns: "customer", "amount", "note"',
  });
});

test('an empty file has no header', async () => {
  await expect(admitted('')).rejects.toMatchObject({ type: 'header_unknown' });
});
