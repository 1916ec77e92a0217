/**
 * What an operator is told, with the real Prometheus and Alertmanager: trouble is made, its alert reaches Slack with the pipeline's name and
 * its runbook, and is taken back when the trouble ends. The rules are the product's own with every duration divided by one factor.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DASHBOARDS } from '../../src/observability/dashboard-catalogue';
import { freePort } from '../helpers/free-port';
import { PostgresServer } from '../helpers/postgres-server';
import { PrometheusBed, RUNBOOKS } from '../helpers/prometheus-bed';
import { PIPELINE, TestBed, type WorkerChild } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
/** A minute of the rules is a second here. */
const FACTOR = 60;
const SLOW = 'slow';
const SLOW_FILE_BYTES = 300_000;
const SLOW_PIPELINE = {
  name: SLOW,
  source: { kind: 'directory', root: `./${SLOW}`, id: SLOW, quietPeriod: '0s' },
  schedule: { every: '2s' },
  limits: { readBytesPerSecond: '64KiB' },
};
const run = promisify(execFile);

let database: PostgresServer;
let bed: TestBed;
let prometheus: PrometheusBed;
let worker: WorkerChild;
let written = 0;

beforeAll(async () => {
  database = await PostgresServer.start();
  const metricsAddress = `127.0.0.1:${await freePort()}`;
  bed = await TestBed.create({
    postgres: database.options(),
    worker: { metricsAddress },
    pipeline: { schedule: { every: '2s' } },
    morePipelines: [SLOW_PIPELINE],
  });
  mkdirSync(join(bed.folder, SLOW));
  await tallyline('setup');
  for (const pipeline of [PIPELINE, SLOW]) await tallyline('schedule', 'apply', '--pipeline', pipeline);
  worker = await bed.startWorker();
  prometheus = await PrometheusBed.start([metricsAddress], FACTOR);
}, 120_000);

afterAll(async () => {
  await (prometheus as PrometheusBed | undefined)?.stop();
  await (bed as TestBed | undefined)?.destroy();
  await database.remove();
});

test('a file that is set aside, a backlog that grows and scans that stay away: told, with pipeline and runbook, and taken back', async () => {
  writeFileSync(join(bed.incoming, 'cut.txt'), 'a 1\nb 2');
  const feeding = setInterval(feedSlow, 2_000);
  feedSlow();
  try {
    await expectTold('TallylineFilesQuarantined', { pipeline: PIPELINE, channel: '#tickets', runbook: 'files-quarantined' });
    await tallyline(
      'quarantine',
      'release',
      'cut.txt',
      '--pipeline',
      PIPELINE,
      '--accept-unterminated',
      '--by',
      'test',
      '--reason',
      'complete',
    );
    await tallyline('schedule', 'pause', '--pipeline', PIPELINE, '--reason', 'test');
    await expectTold('TallylineScanMissed', { pipeline: PIPELINE, channel: '#pages', runbook: 'scan-missed' });
    await tallyline('schedule', 'resume', '--pipeline', PIPELINE);
    await prometheus.told('TallylineFilesQuarantined', PIPELINE, 'ended');
    await prometheus.told('TallylineScanMissed', PIPELINE, 'ended');
    await expectTold('TallylineBacklogGrows', { pipeline: SLOW, channel: '#tickets', runbook: 'backlog-grows' });
  } finally {
    clearInterval(feeding);
  }
  // Before anything else goes wrong: what ends while it is held back is not told to have ended.
  await prometheus.told('TallylineBacklogGrows', SLOW, 'ended', 120_000);
}, 240_000);

test('every query of every dashboard gives data', async () => {
  const queries = DASHBOARDS.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) => panel.queries.map(({ expression }) => ({ where: `${title}: ${panel.title}`, expression }))),
    ),
  );
  const filled = queries.map(({ where, expression }) => ({
    where,
    expression: expression.replaceAll('$pipeline', '.*').replaceAll('$__rate_interval', '20s'),
  }));
  const answers = await Promise.all(
    filled.map(async ({ where, expression }) => ({ where, expression, series: (await prometheus.query(expression)).length })),
  );
  expect(answers.filter(({ series }) => series === 0)).toEqual([]);
});

test('a sink that is down is told and nothing that follows from it, and is taken back', async () => {
  await database.stop();
  await expectTold('TallylineSinkDown', { pipeline: PIPELINE, channel: '#pages', runbook: 'sink-down' });
  await database.run();
  await prometheus.told('TallylineSinkDown', PIPELINE, 'ended');
}, 120_000);

test('a worker that is killed is told, and taken back when it is started again', async () => {
  await worker.kill('SIGKILL');
  await expectTold('TallylineNoWorker', { pipeline: PIPELINE, channel: '#pages', runbook: 'no-worker' });
  worker = await bed.startWorker();
  await prometheus.told('TallylineNoWorker', PIPELINE, 'ended');
}, 240_000);

test('the watchdog was heard all the time', () => {
  expect(prometheus.watchdogs).toBeGreaterThan(1);
});

interface Expected {
  readonly pipeline: string;
  readonly channel: string;
  readonly runbook: string;
}

async function expectTold(alert: string, { pipeline, channel, runbook }: Expected): Promise<void> {
  const message = await prometheus.told(alert, pipeline, 'raised', 120_000);
  expect(message).toMatchObject({ channel, title_link: `${RUNBOOKS}/${runbook}.md` });
  expect(message.title).toMatch(/^(PAGE|TICKET) /);
  expect(message.text).toContain(pipeline);
  expect(message.text).toContain(`<${RUNBOOKS}/${runbook}.md|Runbook>`);
}

/** Three times as fast as it is read. */
function feedSlow(): void {
  written += 1;
  const line = `id${written} 1\n`;
  writeFileSync(join(bed.folder, SLOW, `${written}.txt`), line.repeat(Math.ceil(SLOW_FILE_BYTES / line.length)));
}

async function tallyline(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [BIN, ...args, '--config', bed.configPath], { timeout: 60_000 })).stdout;
}
