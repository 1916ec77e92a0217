/** The ways to hand a file over (design section 3), in turn on one server, with nothing counted. */
import { TestBed } from '../../test/helpers/test-bed';
import type { BenchOptions } from '../harness/bench-options';
import type { CaseHeading, CaseResult } from '../harness/case-result';
import { markdownTable } from '../harness/markdown-table';
import { spreadOf } from '../harness/statistics';
import { BenchWorkerProcess } from './bench-worker-process';
import { HAND_OVER_WAYS } from './hand-over-names';

const WINDOW = 50;
/** The history of one aggregation, which here never begins anew, holds them all. */
const FILES_MAX = 500;

const MEANINGS = {
  'workflow signals': 'the workflow signals the aggregation, and that the workflow',
  'client signals': 'both signals through the client, from activities',
  token: 'the activity hands over and is completed by its token',
  watch: "the activity hands over and watches until its file is applied (Tallyline's)",
} as const;

export async function handOvers(heading: CaseHeading, { runs, files }: BenchOptions): Promise<CaseResult> {
  const count = Math.min(files, FILES_MAX);
  const measured = new Map(HAND_OVER_WAYS.map((way) => [way, { rates: [] as number[], events: 0 }]));
  const bed = await TestBed.create();
  const worker = await BenchWorkerProcess.start(bed.client, bed.server.address);
  try {
    for (let round = 1; round <= runs; round += 1) {
      for (const [way, figures] of measured) {
        const { seconds, events } = await worker.runHandOvers(way, count, WINDOW);
        process.stderr.write(`  ${round}/${runs} ${way}: ${(count / seconds).toFixed(1)} a second\n`);
        figures.rates.push(count / seconds);
        figures.events = events;
      }
    }
  } finally {
    await worker.stop();
    await bed.destroy();
  }
  const rows = [...measured].map(([way, { rates, events }]) => {
    const { median, min, max } = spreadOf(rates);
    return [MEANINGS[way], `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`, String(events)];
  });
  const table = markdownTable(['way', 'files a second', 'events a file'], rows);
  const markdown = [`${count} files that are not counted, window ${WINDOW}, in turn. Demanded: ${heading.demand}.`, '', table].join('\n');
  return { ...heading, markdown, figures: Object.fromEntries(measured) };
}
