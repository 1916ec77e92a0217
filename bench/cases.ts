/** Every case that `npm run bench` knows. */
import { RECIPES, type RecipeName } from './data/dataset';
import { ensureDataset } from './data/ensure-dataset';
import type { BenchOptions } from './harness/bench-options';
import type { CaseHeading, CaseResult } from './harness/case-result';
import type { Contender } from './harness/contender';
import { turnsResult } from './harness/report-turns';
import { takeTurns } from './harness/take-turns';
import { linear } from './linear';
import { clickhouse } from './peers/clickhouse';
import { duckdb } from './peers/duckdb';
import { mawk } from './peers/mawk';
import { cat, gunzip, wordCount } from './peers/physical';
import { plainLoop } from './peers/plain-loop';
import { polars } from './peers/polars';
import { tallyline, tallylineWithDigest } from './peers/tallyline';
import { handOvers } from './pipeline/hand-overs';
import { manyFiles } from './pipeline/many-files';
import { wholePipeline } from './pipeline/whole-pipeline';
import { s3Read } from './s3-read-case';
import { scaling } from './scaling/scaling';

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  /** What it must show. */
  readonly demand: string;
  /** Whether it runs when no case is named. */
  readonly isDefault: boolean;
  readonly run: (options: BenchOptions) => Promise<CaseResult>;
}

const COUNTING: readonly Contender[] = [tallyline, tallylineWithDigest, polars, duckdb, clickhouse, mawk, plainLoop];
const ALL: readonly Contender[] = [...COUNTING, wordCount, cat];
/** A receipt as JSON beside millions of totals measures the printing of JSON. */
const WITHOUT_DIGEST = ALL.filter((contender) => contender !== tallylineWithDigest);

export const CASES: readonly BenchCase[] = [
  turns('ids', 'ids', ALL, 'Lines `id value`, 10,000 ids', 'at least 5 times the fastest peer, and within 8 times of `wc -l`'),
  turns('csv', 'csv', ALL, 'CSV of 8 columns, a header, one cell in a hundred quoted', 'at least 2 times the fastest peer'),
  turns('gzip', 'ids', [...COUNTING, gunzip], 'Lines `id value`, 10,000 ids, compressed with gzip -6', 'ahead of the fastest peer'),
  turns('keys-1m', 'keys-1m', WITHOUT_DIGEST, 'Lines `id value`, 1,000,000 ids', 'ahead of the fastest peer, in less than 1 GB of memory'),
  turns(
    'keys-10m',
    'keys-10m',
    WITHOUT_DIGEST,
    'Lines `id value`, 10,000,000 ids',
    'ahead of the fastest peer, in less than 1 GB of memory',
  ),
  turns('long-keys', 'long-keys', ALL, 'Keys of 40 bytes, 10,000 of them', 'ahead of the fastest peer, in less than 1 GB of memory'),
  turns('decimals', 'decimals', ALL, 'Values such as 12.34, 10,000 ids', 'ahead of the fastest peer, in less than 1 GB of memory'),
  other('linear', linear, 'Cost against size', 'within 10 % of proportional from 1 to 10 GB, 20 % at 0.1 GB; memory flat'),
  other(
    'pipeline',
    wholePipeline,
    '4 GB through the whole pipeline',
    'at least 3 times as fast as the fastest peer run bare; a worker under 300 MB',
  ),
  other('many-files', manyFiles, 'Many files through Temporal', 'small files at no less than 0.8 of the rate of empty child workflows'),
  other('hand-overs', handOvers, 'Ways to hand a file over', 'compared'),
  {
    ...other('scaling', scaling, 'Growing a fleet', 'predictions for 1, 2 and 4 worker processes within 20 % of what is measured'),
    isDefault: false,
  },
  { ...other('s3-read', s3Read, 'From an S3 gateway', 'with the counter at least 0.7 of a plain ranged download'), isDefault: false },
];

type RunCase = (heading: CaseHeading, options: BenchOptions) => Promise<CaseResult>;

function other(name: string, run: RunCase, title: string, demand: string): BenchCase {
  const heading = { name, title, demand };
  return { ...heading, isDefault: true, run: (options) => run(heading, options) };
}

function turns(name: string, recipe: RecipeName, contenders: readonly Contender[], title: string, demand: string): BenchCase {
  const run = async (options: BenchOptions): Promise<CaseResult> => {
    const compression = name === 'gzip' ? 'gzip' : 'none';
    const dataset = ensureDataset(RECIPES[recipe], options.sizeBytes, options.dataFolder, compression);
    const chosen = contenders.filter((contender) => options.only.length === 0 || options.only.some((word) => matches(contender, word)));
    const standings = await takeTurns({ ...dataset, name }, chosen, options.runs);
    return turnsResult({ name, title, demand }, dataset, standings);
  };
  return { name, title, demand, isDefault: true, run };
}

function matches({ name }: Contender, word: string): boolean {
  return name.toLowerCase().includes(word.toLowerCase());
}
