/** Many small files through Temporal, in turn with as many child workflows of one empty activity each on the same server. */
import { eventCount, eventsByType, fetchHistory } from '../../test/helpers/history';
import { PIPELINE, TestBed } from '../../test/helpers/test-bed';
import type { BenchOptions } from '../harness/bench-options';
import type { CaseHeading, CaseResult } from '../harness/case-result';
import { markdownTable } from '../harness/markdown-table';
import { peakResidentBytes, processorSeconds } from '../harness/process-facts';
import { ratiosInTurn, spreadOf, type Spread } from '../harness/statistics';
import { BenchWorkerProcess } from './bench-worker-process';
import { reasonOf } from './event-reasons';
import { emitFiles, requireTrueTotals, runPipeline, type EmitRequest, type Sums } from './pipeline-run';

/** The pipeline's default, and for the parent of the empty children the same. */
const WINDOW = 50;
const SMALL = { minBytes: 64_000, maxBytes: 65_000 };
const OWN = { minBytes: 2_000_000, maxBytes: 10_000_000, files: 200 };
const IDS = 10_000;
/** Of one consumer's own files, say. */
const FEW_IDS = 100;

interface Turn {
  readonly count: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly workerSeconds: number;
  readonly serverSeconds: number;
  readonly workerPeakBytes: number;
}

export async function manyFiles(heading: CaseHeading, { runs, files }: BenchOptions): Promise<CaseResult> {
  const bed = await TestBed.create({
    pipeline: { heartbeatTimeout: '60s', checkpoint: { interval: '5s' } },
    environment: { TALLYLINE_LOG_LEVEL: 'info' },
  });
  const field = new Field(bed);
  const turns: Record<string, Turn[]> = { empty: [], small: [], fewIds: [], own: [] };
  try {
    for (let round = 1; round <= runs; round += 1) {
      turns['empty']?.push(await field.empty(files));
      turns['small']?.push(await field.files({ ...SMALL, files, ids: IDS }));
      turns['fewIds']?.push(await field.files({ ...SMALL, files, ids: FEW_IDS }));
      turns['own']?.push(await field.files({ ...OWN, files: Math.min(files, OWN.files), ids: IDS }));
    }
    const [row] = await bed.files();
    if (row === undefined) throw new Error('no file has a row');
    const history = await fetchHistory(bed.client, `file:${PIPELINE}:${row.fileId}:${row.version}`);
    return report(heading, turns, eventsByType(history), eventCount(history));
  } finally {
    await bed.destroy();
  }
}

class Field {
  private readonly truth: Sums = new Map();
  private filesIn = 0;
  private seed = 0;

  constructor(private readonly bed: TestBed) {}

  async empty(children: number): Promise<Turn> {
    const { client, server } = this.bed;
    const empty = await BenchWorkerProcess.start(client, server.address);
    try {
      return await this.measured(empty.pid, children, 0, () => empty.runEmptyChildren(children, WINDOW));
    } finally {
      await empty.stop();
    }
  }

  async files(request: Omit<EmitRequest, 'seed'>): Promise<Turn> {
    this.seed += 1;
    const emitted = emitFiles(this.bed, { ...request, seed: this.seed }, this.truth);
    this.filesIn += emitted.files;
    const worker = await this.bed.startWorker();
    try {
      const turn = await this.measured(worker.pid, emitted.files, emitted.bytes, () => runPipeline(this.bed, this.filesIn));
      await requireTrueTotals(this.bed, this.truth);
      return turn;
    } finally {
      // In good order: what a killed worker holds in its cache is waited for, which would cost the next turn ten seconds.
      await worker.kill('SIGTERM');
    }
  }

  private async measured(pid: number, count: number, bytes: number, work: () => Promise<number>): Promise<Turn> {
    const before = { worker: processorSeconds(pid), server: processorSeconds(this.bed.server.pid) };
    const seconds = await work();
    process.stderr.write(`  ${count} in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(1)} a second\n`);
    return {
      ...{ count, seconds, bytes },
      workerSeconds: processorSeconds(pid) - before.worker,
      serverSeconds: processorSeconds(this.bed.server.pid) - before.server,
      workerPeakBytes: peakResidentBytes(pid),
    };
  }
}

const NAMES: Readonly<Record<string, string>> = {
  empty: 'child workflows with one empty activity',
  small: `files of 64 KB, ${IDS.toLocaleString('en')} ids`,
  fewIds: `files of 64 KB, ${FEW_IDS} ids`,
  own: "the emitter's own files of 2 to 10 MB",
};

function report(
  heading: CaseHeading,
  turns: Readonly<Record<string, readonly Turn[]>>,
  events: Record<string, number>,
  count: number,
): CaseResult {
  const empty = (turns['empty'] ?? []).map((turn) => turn.seconds / turn.count);
  const rows = Object.entries(turns).map(([name, all]) => [
    NAMES[name] ?? name,
    shown(spreadOf(all.map((turn) => turn.count / turn.seconds)), 1),
    name === 'empty' ? '' : shown(spreadOf(all.map((turn) => turn.bytes / 1e6 / turn.seconds)), 0),
    shown(
      ratiosInTurn(
        empty,
        all.map((turn) => turn.seconds / turn.count),
      ),
      2,
    ),
    shown(spreadOf(all.map((turn) => (1000 * turn.workerSeconds) / turn.count)), 1),
    shown(spreadOf(all.map((turn) => (1000 * turn.serverSeconds) / turn.count)), 1),
    (Math.max(...all.map((turn) => turn.workerPeakBytes)) / 1e6).toFixed(0),
  ]);
  const header = ['what', 'a second', 'MB/s', 'rate in terms of the empty', "worker's processor ms each", "server's", 'worker peak MB'];
  const markdown = [
    `In turn on one development server (WAL pragmas), window ${WINDOW}, one worker process; every total was compared with the emitter's. Demanded: ${heading.demand}.`,
    '',
    markdownTable(header, rows),
    '',
    `One small file costs ${count} events:`,
    '',
    markdownTable(
      ['event', 'times', 'why'],
      Object.entries(events).map(([event, times]) => [event, String(times), reasonOf(event)]),
    ),
  ].join('\n');
  return { ...heading, markdown, figures: { turns, events } };
}

function shown({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
