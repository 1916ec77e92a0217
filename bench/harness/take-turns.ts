/** One file, all contenders: which way of each is its fastest, then rounds in which everybody runs once. Nothing unchecked is reported. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset';
import { compareTotalsFile } from './compare-totals';
import { shownCommand, type Contender, type Variant } from './contender';
import { measure, requireCacheRoom, warm, type Run } from './measure';
import { BENCH_FOLDER } from '../peers/places';
import { compareReport } from './compare-report';

export interface Standing {
  readonly name: string;
  readonly role: Contender['role'];
  /** Null where it cannot do this; `absence` says why. */
  readonly chosen: { readonly variant: string; readonly command: string } | null;
  readonly absence: string | null;
  /** Seconds of each way, the better of two. */
  readonly tried: Readonly<Record<string, number>>;
  /** In the order of the rounds. */
  readonly runs: readonly Run[];
  readonly outputBytes: number;
}

/** Of each way to ask a contender, in turn; the better time decides. */
const TRIES = 2;
/** A peer that is so many times as slow as the fastest after this many rounds takes part in no more, which would take most of the time. */
export const HOPELESS_FACTOR = 4;
const HOPELESS_ROUNDS = 2;

/** One that is no single process: it measures and checks itself. */
export interface OwnContender {
  readonly name: string;
  /** What it does, for people. */
  readonly command: string;
  readonly run: () => Promise<Run>;
}

/** Throws an Error that names the contender when one fails or its totals differ from the true ones. */
export async function takeTurns(
  dataset: Dataset,
  contenders: readonly Contender[],
  rounds: number,
  owns: readonly OwnContender[] = [],
): Promise<Standing[]> {
  requireCacheRoom(dataset.fileBytes);
  warm(dataset.file);
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-bench-'));
  const outputFile = join(folder, 'totals.out');
  try {
    const field: { contender: Contender; best: Variant | undefined; tried: Record<string, number>; runs: Run[]; outputBytes: number }[] =
      [];
    for (const contender of contenders)
      field.push({ contender, ...(await choose(dataset, contender, outputFile)), runs: [], outputBytes: 0 });
    const ownRuns = owns.map((own) => ({ own, runs: [] as Run[] }));
    for (let round = 1; round <= rounds; round += 1) {
      for (const { own, runs } of ownRuns) {
        const run = await own.run();
        runs.push(run);
        process.stderr.write(`  ${dataset.name} ${round}/${rounds} ${own.name}: ${show(run)}\n`);
      }
      for (const one of field) {
        if (one.best === undefined || isHopeless(one, field)) continue;
        const run = await checkedRun(dataset, one.contender, one.best, outputFile);
        one.runs.push(run);
        one.outputBytes = statSync(outputFile).size;
        process.stderr.write(`  ${dataset.name} ${round}/${rounds} ${one.contender.name}: ${show(run)}\n`);
      }
    }
    const ownStandings = ownRuns.map(({ own: { name, command }, runs }): Standing => ({
      ...{
        name,
        role: 'tallyline',
        chosen: { variant: '', command: `# ${name}: ${command}` },
        absence: null,
        tried: {},
        runs,
        outputBytes: 0,
      },
    }));
    const others = field.map(({ contender, best, tried, runs, outputBytes }) => ({
      name: contender.name,
      role: contender.role,
      chosen:
        best === undefined ? null : { variant: best.name, command: portable(shownCommand(best, outputFile), dataset.file, outputFile) },
      absence: best === undefined ? (contender.absence?.(dataset) ?? 'cannot read this file') : null,
      tried,
      runs,
      outputBytes,
    }));
    return [...ownStandings, ...others];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Taking {
  readonly contender: Contender;
  readonly runs: readonly Run[];
}

function isHopeless(one: Taking, field: readonly Taking[]): boolean {
  const peers = field.filter(({ contender, runs }) => contender.role === 'peer' && runs.length >= HOPELESS_ROUNDS);
  const best = ({ runs }: Taking) => Math.min(...runs.map(({ seconds }) => seconds));
  return peers.includes(one) && best(one) > HOPELESS_FACTOR * Math.min(...peers.map(best));
}

/** Without a path of this machine: from the repository's folder, FILE and OUT being absolute paths. */
function portable(command: string, file: string, outputFile: string): string {
  return command
    .replaceAll(file, 'FILE')
    .replaceAll(outputFile, 'OUT')
    .replaceAll(`${join(BENCH_FOLDER, '..')}/`, '');
}

async function choose(
  dataset: Dataset,
  contender: Contender,
  outputFile: string,
): Promise<{ best: Variant | undefined; tried: Record<string, number> }> {
  const variants = contender.variants(dataset, outputFile);
  const tried: Record<string, number> = {};
  if (variants.length < 2) return { best: variants[0], tried };
  for (const variant of Array.from({ length: TRIES }, () => variants).flat()) {
    const run = await checkedRun(dataset, contender, variant, outputFile);
    tried[variant.name] = Math.min(run.seconds, tried[variant.name] ?? Infinity);
    process.stderr.write(`  ${dataset.name} tries ${contender.name}, ${variant.name}: ${show(run)}\n`);
  }
  const seconds = (variant: Variant) => tried[variant.name] ?? Infinity;
  return { best: variants.reduce((best, variant) => (seconds(variant) < seconds(best) ? variant : best)), tried };
}

async function checkedRun(dataset: Dataset, contender: Contender, variant: Variant, outputFile: string): Promise<Run> {
  rmSync(outputFile, { force: true });
  try {
    const run = await measure(variant, outputFile);
    if (contender.role === 'reference') return run;
    if (variant.command.includes('json')) compareReport(outputFile, dataset);
    else compareTotalsFile(outputFile, dataset, dataset.truth);
    return run;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${dataset.name}: ${contender.name} (${variant.name}): ${why}\nNo speed is printed. It was run as: ${shownCommand(variant, outputFile)}`,
      {
        cause: error,
      },
    );
  }
}

function show({ seconds, peakBytes }: Run): string {
  return `${seconds.toFixed(2)} s, ${(peakBytes / 1e6).toFixed(0)} MB`;
}
