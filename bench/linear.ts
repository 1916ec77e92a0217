/** Whether the time of a count above that of an empty file is proportional to the file's size, and its memory flat. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { RECIPES, type Dataset } from './data/dataset';
import { ensureDataset } from './data/ensure-dataset';
import type { BenchOptions } from './harness/bench-options';
import type { CaseHeading, CaseResult } from './harness/case-result';
import { markdownTable } from './harness/markdown-table';
import { median } from './harness/statistics';
import { takeTurns } from './harness/take-turns';
import { tallyline } from './peers/tallyline';

const LARGE_TIMES = 10;
const SMALL_PART = 0.1;

export async function linear(heading: CaseHeading, { sizeBytes, runs, dataFolder }: BenchOptions): Promise<CaseResult> {
  const middle = ensureDataset(RECIPES.ids, sizeBytes, dataFolder, 'none');
  const small = ensureDataset(RECIPES.ids, Math.round(sizeBytes * SMALL_PART), dataFolder, 'none');
  const sizes = [emptied(middle), small, middle, repeated(middle, LARGE_TIMES)];
  const measured = new Map(sizes.map((dataset) => [dataset, { seconds: [] as number[], peakBytes: 0 }]));
  // A round visits every size, so that a machine that slows down does so for all of them.
  for (let round = 0; round < runs; round += 1) {
    for (const [dataset, figures] of measured) {
      const [run] = (await takeTurns({ ...dataset, name: `linear ${dataset.fileBytes}` }, [tallyline], 1))[0]?.runs ?? [];
      if (run === undefined) throw new Error('nothing was measured');
      figures.seconds.push(run.seconds);
      figures.peakBytes = Math.max(figures.peakBytes, run.peakBytes);
    }
  }
  const rows = judge([...measured].map(([{ fileBytes }, { seconds, peakBytes }]) => ({ fileBytes, seconds: median(seconds), peakBytes })));
  const table = markdownTable(
    ['bytes', 'seconds', 'above the empty file', 'of what is proportional to the middle one', 'peak MB'],
    rows.map((row) => [
      row.fileBytes.toLocaleString('en'),
      row.seconds.toFixed(3),
      row.aboveSeconds.toFixed(3),
      row.share === null ? '' : row.share.toFixed(3),
      (row.peakBytes / 1e6).toFixed(0),
    ]),
  );
  const markdown = [`Demanded: ${heading.demand}. Medians of ${runs}; the largest file is the middle one repeated.`, '', table].join('\n');
  return { ...heading, markdown, figures: rows };
}

interface Measured {
  readonly fileBytes: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** The first is the empty file, the last but one what others are held against. */
export function judge(sizes: readonly Measured[]): (Measured & { readonly aboveSeconds: number; readonly share: number | null })[] {
  const emptySeconds = sizes[0]?.seconds ?? NaN;
  const middle = sizes[sizes.length - 2];
  const pace = middle === undefined ? NaN : (middle.seconds - emptySeconds) / middle.fileBytes;
  return sizes.map((size) => {
    const aboveSeconds = size.seconds - emptySeconds;
    return { ...size, aboveSeconds, share: size.fileBytes === 0 ? null : aboveSeconds / (pace * size.fileBytes) };
  });
}

function emptied(dataset: Dataset): Dataset {
  const file = join(dirname(dataset.file), 'empty.txt');
  writeFileSync(file, '');
  const none = new Float64Array(dataset.keys);
  return { ...dataset, file, fileBytes: 0, plainBytes: 0, lines: 0, truth: { sums: none, counts: none } };
}

function repeated(dataset: Dataset, times: number): Dataset {
  const file = join(dirname(dataset.file), `times-${times}.txt`);
  if (!existsSync(file)) {
    process.stderr.write(`Writing ${dataset.name} ${times} times\n`);
    copyFileSync(dataset.file, `${file}.unfinished`);
    appendCopies(dataset.file, `${file}.unfinished`, times - 1);
    renameSync(`${file}.unfinished`, file);
  }
  const { sums, counts } = dataset.truth;
  const truth = { sums: sums.map((sum) => sum * times), counts: counts.map((count) => count * times) };
  return { ...dataset, file, fileBytes: statSync(file).size, plainBytes: dataset.plainBytes * times, lines: dataset.lines * times, truth };
}

function appendCopies(from: string, to: string, times: number): void {
  const bytes = readFileSync(from);
  const descriptor = openSync(to, 'a');
  try {
    for (let copy = 0; copy < times; copy += 1)
      for (let offset = 0; offset < bytes.length;) offset += writeSync(descriptor, bytes, offset, bytes.length - offset);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
