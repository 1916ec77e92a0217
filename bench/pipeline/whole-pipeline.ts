/** A large file from the trigger to the ledger's commit, in turn with peers that are run bare on the same file. The worker is one that runs: it has counted a file of one line before. */
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
import { runToLedger } from './pipeline-run';

/** In terms of --size: 4 GB by default. */
const TIMES_SIZE = 4;
const FIXED_COST_FILES = 20;
const LARGE_FILE = 'large.txt';
const SMALL_FILES_KEY = 'line';

export async function wholePipeline(heading: CaseHeading, options: BenchOptions): Promise<CaseResult> {
  const dataset = { ...ensureDataset(RECIPES.ids, TIMES_SIZE * options.sizeBytes, options.dataFolder, 'none'), name: heading.name };
  const fixedMs: number[] = [];
  const firstMs: number[] = [];
  const serverPeaks: number[] = [];
  const own: OwnContender = {
    name: 'Tallyline, whole pipeline',
    command:
      'a scan of a source with this file: Temporal development server, worker with all roles, SQLite sink; until its ledger entry is committed; the worker has counted a file of one line before',
    run: async () => {
      const { run, firstFileMs, oneMoreMs, serverPeakBytes } = await runOnce(dataset);
      firstMs.push(firstFileMs);
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
      `The receipt with the content digest is part of the run. One more file of one line, from the start of a scan to its entry in the ledger: ` +
      `${fixed.median.toFixed(0)} ms (${fixed.min.toFixed(0)} to ${fixed.max.toFixed(0)}); the first one of a new server and worker ${spreadOf(firstMs).median.toFixed(0)} ms.`,
  ].join('\n');
  return { ...result, markdown, figures: { ...(result.figures as object), oneMoreFileMs: fixed } };
}

interface OneRun {
  readonly run: Run;
  readonly firstFileMs: number;
  readonly oneMoreMs: readonly number[];
  readonly serverPeakBytes: number;
}

async function runOnce(dataset: Dataset): Promise<OneRun> {
  const bed = await TestBed.create({
    pipeline: { heartbeatTimeout: '60s', checkpoint: { interval: '5s' } },
    environment: { TALLYLINE_LOG_LEVEL: 'info' },
  });
  try {
    const worker = await bed.startWorker();
    const oneLine = async (number: number): Promise<number> => {
      writeFileSync(join(bed.incoming, `line-${number}.txt`), `${SMALL_FILES_KEY} ${number}\n`);
      return 1000 * (await runToLedger(bed, number));
    };
    const firstFileMs = await oneLine(1);
    linkSync(dataset.file, join(bed.incoming, LARGE_FILE));
    const before = processorSeconds(worker.pid);
    const seconds = await runToLedger(bed, 2);
    const run = { seconds, cpuSeconds: processorSeconds(worker.pid) - before, peakBytes: peakResidentBytes(worker.pid) };
    await requireTruth(bed, dataset);
    const oneMoreMs: number[] = [];
    for (let number = 3; number < 3 + FIXED_COST_FILES; number += 1) oneMoreMs.push(await oneLine(number));
    return { run, firstFileMs, oneMoreMs, serverPeakBytes: peakResidentBytes(bed.server.pid) };
  } finally {
    await bed.destroy();
  }
}

/** Throws an Error that says where totals or receipt differ. */
async function requireTruth(bed: TestBed, dataset: Dataset): Promise<void> {
  const rows = compareRows(dataset, dataset.truth);
  rows.take('key,sum,count');
  for (const { key, sum, count } of await bed.totals()) {
    const text = Buffer.from(key).toString('latin1');
    if (text !== SMALL_FILES_KEY) rows.take(`${text},${sum},${count}`);
  }
  rows.end();
  const file = (await bed.files()).find(({ sourceKey }) => sourceKey === LARGE_FILE);
  const receipt = file === undefined ? null : await bed.sink.readReceipt(file.fileId);
  if (receipt?.bytes !== dataset.fileBytes || receipt.contentDigest === '') throw new Error(`the receipt is ${JSON.stringify(receipt)}`);
}
