/** A large file from the trigger to the ledger's commit, in turn with peers that are run bare on the same file. */
import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestBed } from '../../test/helpers/test-bed';
import { RECIPES, type Dataset } from '../data/dataset';
import { ensureDataset } from '../data/ensure-dataset';
import type { BenchOptions } from '../harness/bench-options';
import type { CaseHeading, CaseResult } from '../harness/case-result';
import { compareRows } from '../harness/compare-totals';
import type { Run } from '../harness/measure';
import { peakResidentBytes, processorSeconds } from '../harness/process-facts';
import { turnsResult } from '../harness/report-turns';
import { spreadOf } from '../harness/statistics';
import { takeTurns, type OwnContender } from '../harness/take-turns';
import { clickhouse } from '../peers/clickhouse';
import { duckdb } from '../peers/duckdb';
import { polars } from '../peers/polars';
import { runPipeline } from './pipeline-run';

/** In terms of --size: 4 GB by default. */
const TIMES_SIZE = 4;
const FIXED_COST_FILES = 20;

export async function wholePipeline(heading: CaseHeading, options: BenchOptions): Promise<CaseResult> {
  const dataset = { ...ensureDataset(RECIPES.ids, TIMES_SIZE * options.sizeBytes, options.dataFolder, 'none'), name: heading.name };
  const fixedMs: number[] = [];
  const serverPeaks: number[] = [];
  const own: OwnContender = {
    name: 'Tallyline, whole pipeline',
    command:
      'a scan of a source with this file: Temporal development server, worker with all roles, SQLite sink; until its ledger entry is committed',
    run: async () => {
      const { run, oneMoreMs, serverPeakBytes } = await runOnce(dataset);
      fixedMs.push(...oneMoreMs);
      serverPeaks.push(serverPeakBytes);
      return run;
    },
  };
  const standings = await takeTurns(dataset, [polars, duckdb, clickhouse], options.runs, [own]);
  const result = turnsResult(heading, dataset, standings);
  const fixed = spreadOf(fixedMs);
  const markdown = [
    result.markdown,
    '',
    `Memory and processor time of Tallyline are those of its worker; the server held ${(Math.max(...serverPeaks) / 1e6).toFixed(0)} MB beside it. ` +
      `The receipt with the content digest is part of the run. One more file of one line, from the start of a scan to its end in the totals: ` +
      `${fixed.median.toFixed(0)} ms (${fixed.min.toFixed(0)} to ${fixed.max.toFixed(0)}).`,
  ].join('\n');
  return { ...result, markdown, figures: { ...(result.figures as object), oneMoreFileMs: fixed } };
}

async function runOnce(
  dataset: Dataset,
): Promise<{ readonly run: Run; readonly oneMoreMs: readonly number[]; readonly serverPeakBytes: number }> {
  const bed = await TestBed.create({
    pipeline: { heartbeatTimeout: '60s', checkpoint: { interval: '5s' } },
    environment: { TALLYLINE_LOG_LEVEL: 'info' },
  });
  try {
    linkSync(dataset.file, join(bed.incoming, 'large.txt'));
    const worker = await bed.startWorker();
    const before = processorSeconds(worker.pid);
    const seconds = await runPipeline(bed, 1);
    const run = { seconds, cpuSeconds: processorSeconds(worker.pid) - before, peakBytes: peakResidentBytes(worker.pid) };
    await requireTruth(bed, dataset);
    const oneMoreMs: number[] = [];
    for (let number = 1; number <= FIXED_COST_FILES; number += 1) {
      writeFileSync(join(bed.incoming, `more-${number}.txt`), `0 ${number}\n`);
      oneMoreMs.push(1000 * (await runPipeline(bed, 1 + number)));
    }
    return { run, oneMoreMs, serverPeakBytes: peakResidentBytes(bed.server.pid) };
  } finally {
    await bed.destroy();
  }
}

/** Throws an Error that says where totals or receipt differ. */
async function requireTruth(bed: TestBed, dataset: Dataset): Promise<void> {
  const rows = compareRows(dataset, dataset.truth);
  rows.take('key,sum,count');
  for (const { key, sum, count } of await bed.totals()) rows.take(`${Buffer.from(key).toString('latin1')},${sum},${count}`);
  rows.end();
  const [file] = await bed.files();
  const receipt = file === undefined ? null : await bed.sink.readReceipt(file.fileId);
  if (receipt?.bytes !== dataset.fileBytes || receipt.contentDigest === '') throw new Error(`the receipt is ${JSON.stringify(receipt)}`);
}
