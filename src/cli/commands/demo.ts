/** What `npm start` runs: an emitter with known totals, everything of `up`, and the comparison of both. */
import { setMaxListeners } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { parseConfig } from '../../config/load-config';
import { emit } from '../../emitter/emit';
import { createLogger } from '../../observability/logger';
import type { Sink } from '../../sinks/sink';
import { endOrphanedServer } from '../../workers/orphaned-server';
import { drainOnSignal } from '../../workers/shutdown';
import { compareTotals, type Comparison, type Truth } from '../compare-totals';
import { emptyDemoFolder } from '../demo-folder';
import { EXIT_CHECK_FAILED } from '../exit-codes';
import { portOption, seedOption } from '../number-options';
import { megabytes, pauseUnlessStopped, printProgress } from '../progress';

const PIPELINE = 'demo';
const FIRST_FILES = 10;
/** Then one file each EMIT_EVERY_MS, and no more than this on one disk: about 2 GB. */
const FILES_MAX = 300;
const EMIT_EVERY_MS = 10_000;
const EXIT_AFTER_MS_MAX = 600_000;
const MIN_SIZE_BYTES = 2_000_000;
const MAX_SIZE_BYTES = 10_000_000;

interface DemoOptions {
  readonly exit: boolean;
  readonly port: number;
  readonly uiPort: number;
  readonly metricsPort: number;
  readonly folder: string;
  readonly seed: number;
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .summary('what `npm start` runs: sample files become exact totals')
    .description(
      'Starts everything on one machine with an emitter of sample files, and compares the totals with what the emitter wrote. Runs until\n' +
        'it is stopped; with --exit it ends by itself, with 1 when a total differs.\n\n' +
        '  tallyline demo --exit',
    )
    .option('--exit', `end after ${FIRST_FILES} files; exit code 0 only if every total is equal`, false)
    .addOption(portOption('--port <number>', 'port of the Temporal server', 7233))
    .addOption(portOption('--ui-port <number>', 'port of the Web UI', 8233))
    .addOption(portOption('--metrics-port <number>', 'port of /metrics', 9464))
    .option('--folder <path>', 'where the demo keeps its files; emptied at the start, and so refused if it holds others', '.tallyline/demo')
    .addOption(seedOption('the same seed writes the same sample files'))
    .action((options: DemoOptions) => runDemo(options));
}

async function runDemo(options: DemoOptions): Promise<void> {
  const { runEmbedded, temporalDatabasePath } = await import('../../workers/embedded.js');
  const folder = resolve(options.folder);
  const incoming = join(folder, 'incoming');
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const config = parseConfig(demoConfig(options.metricsPort), join(folder, 'tallyline.yaml'));
  // A demo that runs needs its folder; the server of one that was killed does not.
  await endOrphanedServer(temporalDatabasePath(config));
  await emptyDemoFolder(folder);
  await mkdir(incoming);
  const drain = drainOnSignal(say);
  const finished = new AbortController();
  const stop = AbortSignal.any([drain, finished.signal]);
  setMaxListeners(0, stop);
  say(`Sample files, database and totals of this demo: ${folder} (emptied now)`);
  await runEmbedded({
    config,
    port: options.port,
    uiPort: options.uiPort,
    drain: stop,
    logger: createLogger({ TALLYLINE_LOG_LEVEL: 'error', ...process.env }),
    say,
    onReady: ({ worker, uiAddress, metricsAddress, client }) => {
      say(`\nWeb UI:  ${uiAddress}   (each file is a workflow there)\nMetrics: ${metricsAddress}\n`);
      printProgress(worker.sink, [PIPELINE], stop, say);
      const play = options.exit ? playToTheEnd : playOn;
      play({ incoming, seed: options.seed, sink: worker.sink, stop, say, client })
        .catch((error: unknown) => {
          say(`The demo cannot go on: ${error instanceof Error ? error.message : String(error)}`);
          process.exitCode = EXIT_CHECK_FAILED;
        })
        .finally(() => finished.abort());
    },
  });
  say('Stopped.');
}

interface Play {
  readonly incoming: string;
  readonly seed: number;
  readonly sink: Sink;
  readonly stop: AbortSignal;
  readonly say: (line: string) => void;
  readonly client: Client;
}

async function playToTheEnd(play: Play): Promise<void> {
  const truth: Truth = new Map();
  await emitFiles(play, truth, FIRST_FILES, 0);
  const endsAtMs = Date.now() + EXIT_AFTER_MS_MAX;
  for (;;) {
    const { files } = await play.sink.readStatus({ pipeline: PIPELINE });
    const isDone = files.in + files.quarantined >= FIRST_FILES;
    if (isDone || play.stop.aborted || Date.now() >= endsAtMs) break;
    await pauseUnlessStopped(200, play.stop);
  }
  // The totals hold the files; their workflows need a moment more to say so.
  while (!play.stop.aborted && Date.now() < endsAtMs && (await runningFiles(play.client)) > 0) await pauseUnlessStopped(200, play.stop);
  const { files, bytesIn } = await play.sink.readStatus({ pipeline: PIPELINE });
  play.say(`${files.in} of ${FIRST_FILES} files in the totals (${megabytes(bytesIn)}), ${files.quarantined} set aside`);
  const comparison = await compareTotals(play.sink, PIPELINE, truth);
  printComparison(play, comparison, true);
  if (!comparison.isEqual) process.exitCode = EXIT_CHECK_FAILED;
}

async function runningFiles(client: Client): Promise<number> {
  const { count } = await client.workflow.count("WorkflowType = 'fileWorkflow' AND ExecutionStatus = 'Running'");
  return count;
}

async function playOn(play: Play): Promise<void> {
  const truth: Truth = new Map();
  await emitFiles(play, truth, FIRST_FILES, 0);
  play.say(`One more file every ${EMIT_EVERY_MS / 1000} s, up to ${FILES_MAX}. Stop with Ctrl-C.`);
  for (let emitted = FIRST_FILES; !isStopped(play);) {
    await pauseUnlessStopped(EMIT_EVERY_MS, play.stop);
    if (isStopped(play)) return;
    // Before the next file, when those so far have had their time.
    printComparison(play, await compareTotals(play.sink, PIPELINE, truth), false);
    if (emitted < FILES_MAX) {
      await emitFiles(play, truth, 1, emitted);
      emitted += 1;
      if (emitted === FILES_MAX) play.say(`${FILES_MAX} files are enough for this disk; no more are written. Everything else goes on.`);
    }
  }
}

function isStopped({ stop }: Play): boolean {
  return stop.aborted;
}

async function emitFiles(play: Play, truth: Truth, files: number, number: number): Promise<void> {
  const sizes = { minSizeBytes: MIN_SIZE_BYTES, maxSizeBytes: MAX_SIZE_BYTES };
  const emitted = await emit({
    outDirectory: play.incoming,
    files,
    ...sizes,
    seed: play.seed * 10_000 + number,
    prefix: `usage-${number}`,
  });
  for (const { key, sum, count } of emitted.totals) {
    const text = Buffer.from(key).toString();
    const before = truth.get(text) ?? { sum: 0n, count: 0n };
    truth.set(text, { sum: before.sum + sum, count: before.count + count });
  }
  if (files > 1) play.say(`The emitter wrote ${files} files, ${megabytes(emitted.bytes)}`);
}

function printComparison({ say }: Play, comparison: Comparison, isFinal: boolean): void {
  const { isEqual, keys, counted, emitted, examples } = comparison;
  say(`\n  key        counted by Tallyline        written by the emitter`);
  for (const { key, found, expected } of examples) say(`  ${key.padEnd(8)} ${String(found).padStart(22)} ${String(expected).padStart(29)}`);
  say(`  ${'all'.padEnd(8)} ${String(counted).padStart(22)} ${String(emitted).padStart(29)}   (${keys} keys)`);
  if (isEqual) say('Every total is equal.\n');
  else if (isFinal) say('NOT EQUAL: see `tallyline status` and `tallyline quarantine list` for what is left out.\n');
  else say('Not equal yet: files are still on their way.\n');
}

/** Small schedule and quiet period, so that there is something to see; and a retry of nothing is left to wait long. */
function demoConfig(metricsPort: number): string {
  return `
sink: { kind: sqlite, path: ./tallyline.db }
worker: { metricsAddress: '127.0.0.1:${metricsPort}' }
pipelines:
  - name: ${PIPELINE}
    source: { kind: directory, id: incoming, root: ./incoming, quietPeriod: 1s }
    schedule: { every: 5s }
`;
}
