/** The table of one case whose contenders took turns. */
import type { Dataset } from '../data/dataset';
import type { CaseHeading, CaseResult } from './case-result';
import { markdownTable } from './markdown-table';
import { median, ratiosInTurn, spreadOf, type Spread } from './statistics';
import { HOPELESS_FACTOR, type Standing } from './take-turns';

const HEADER = ['contender', 'seconds (min to max)', 'MB/s', 'peak MB', 'processor s'];

type FileFacts = Pick<Dataset, 'fileBytes' | 'plainBytes' | 'lines' | 'keys' | 'scale' | 'compression'>;

export function turnsResult(heading: CaseHeading, dataset: FileFacts, standings: readonly Standing[]): CaseResult {
  const fastest = fastestPeer(standings);
  const others = {
    fastest,
    loop: standings.find(({ role, runs }) => role === 'loop' && runs.length > 0),
    reference: standings.find(({ role, runs }) => role === 'reference' && runs.length > 0),
  };
  const rounds = Math.max(...standings.map(({ runs }) => runs.length));
  const header = [...HEADER, ...headersOf(others)];
  const rows = standings.filter(({ runs }) => runs.length > 0).map((standing) => row(standing, dataset, others));
  const { fileBytes, plainBytes, lines, keys, compression } = dataset;
  const size = compression === 'gzip' ? `${megabytes(plainBytes)} MB of text in ${megabytes(fileBytes)} MB` : `${megabytes(plainBytes)} MB`;
  const markdown = [
    `${size}, ${lines.toLocaleString('en')} records, up to ${keys.toLocaleString('en')} keys. Demanded: ${heading.demand}.`,
    '',
    markdownTable(header, rows),
    '',
    ...standings.filter(({ chosen }) => chosen === null).map(({ name, absence }) => `- ${name} takes no part: ${absence ?? ''}.`),
    ...standings
      .filter(({ runs }) => runs.length > 0 && runs.length < rounds)
      .map(
        ({ name, runs }) =>
          `- ${name} took part in ${runs.length} rounds only, being more than ${HOPELESS_FACTOR} times as slow as the fastest peer.`,
      ),
    ...standings.filter(({ tried }) => Object.keys(tried).length > 0).map(triedLine),
    '',
    'Commands, from the folder of the repository:',
    '',
    '```sh',
    ...standings.flatMap(({ chosen }) => (chosen === null ? [] : [chosen.command])),
    '```',
  ].join('\n');
  const figures = {
    fileBytes,
    plainBytes,
    lines,
    keys,
    fastestPeer: fastest?.name ?? null,
    contenders: standings.map((one) => figuresOf(one, fastest)),
  };
  return { ...heading, markdown, figures };
}

/** By its median; undefined when no peer ran. */
export function fastestPeer(standings: readonly Standing[]): Standing | undefined {
  const peers = standings.filter(({ role, runs }) => role === 'peer' && runs.length > 0);
  return peers.reduce<Standing | undefined>(
    (best, peer) => (best === undefined || medianSeconds(peer) < medianSeconds(best) ? peer : best),
    undefined,
  );
}

interface Others {
  readonly fastest: Standing | undefined;
  readonly loop: Standing | undefined;
  readonly reference: Standing | undefined;
}

function row(standing: Standing, { plainBytes }: FileFacts, { fastest, loop, reference }: Others): string[] {
  const seconds = spreadOf(secondsOf(standing));
  return [
    standing.name,
    `${seconds.median.toFixed(2)} (${seconds.min.toFixed(2)} to ${seconds.max.toFixed(2)})`,
    (plainBytes / 1e6 / seconds.median).toFixed(0),
    megabytes(Math.max(...standing.runs.map(({ peakBytes }) => peakBytes))),
    median(standing.runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
    ...(fastest === undefined ? [] : [standing.role === 'reference' ? '' : times(ratio(fastest, standing))]),
    ...(loop === undefined ? [] : [standing.role === 'reference' ? '' : times(ratio(loop, standing))]),
    ...(reference === undefined ? [] : [times(ratio(standing, reference))]),
  ];
}

/** Of the columns that hold ratios, only those for which somebody ran. */
function headersOf({ fastest, loop, reference }: Others): string[] {
  return [
    ...(fastest === undefined ? [] : [`times as fast as ${fastest.name}`]),
    ...(loop === undefined ? [] : [`times as fast as the ${loop.name}`]),
    ...(reference === undefined ? [] : [`times as long as ${reference.name}`]),
  ];
}

/** How many times as fast `ours` is; undefined where one of them did not run. */
function ratio(theirs: Standing | undefined, ours: Standing): Spread | undefined {
  const rounds = Math.min(theirs?.runs.length ?? 0, ours.runs.length);
  return theirs === undefined || rounds === 0
    ? undefined
    : ratiosInTurn(secondsOf(theirs).slice(0, rounds), secondsOf(ours).slice(0, rounds));
}

function times(spread: Spread | undefined): string {
  if (spread === undefined) return '';
  return `${spread.median.toFixed(2)} (${spread.min.toFixed(2)} to ${spread.max.toFixed(2)})`;
}

function figuresOf(standing: Standing, fastest: Standing | undefined): unknown {
  const isRun = standing.runs.length > 0;
  return {
    ...standing,
    seconds: isRun ? spreadOf(secondsOf(standing)) : null,
    timesAsFastAsFastestPeer: isRun ? (ratio(fastest, standing) ?? null) : null,
  };
}

function triedLine({ name, tried, chosen }: Standing): string {
  const ways = Object.entries(tried).map(([way, seconds]) => `${way} ${seconds.toFixed(2)} s`);
  return `- ${name} was asked in ${ways.length} ways (${ways.join('; ')}); taken: ${chosen?.variant ?? ''}.`;
}

function secondsOf({ runs }: Standing): number[] {
  return runs.map(({ seconds }) => seconds);
}

function medianSeconds(standing: Standing): number {
  return median(secondsOf(standing));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
