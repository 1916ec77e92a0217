/** `tallyline up` and the demo of `npm start`, as processes: started, killed, started again, and kept from what would do harm. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { openSink } from '../../src/sinks/open-sink';
import { findFreePort } from '../../src/workers/dev-server';
import { eventually } from '../helpers/eventually';
import { killNotedServer } from '../helpers/noted-server';
import { writeSample, type Truth } from '../helpers/sample-files';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const PIPELINE = 'usage';

let folder: string;
let port: number;
let uiPort: number;
let started: Running[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-up-'));
  port = await findFreePort();
  uiPort = await findFreePort();
  started = [];
});
afterEach(async () => {
  for (const running of started) await running.end('SIGKILL');
  await killNotedServer(folder);
  await rm(folder, { recursive: true, force: true });
});

class Running {
  output = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.exited = new Promise((done) => this.child.once('close', (code) => done(code)));
    started.push(this);
  }

  async untilSaid(text: string): Promise<void> {
    await eventually(`"${text}" in: ${this.output}`, () => this.output.includes(text), 60_000);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.exited;
  }
}

async function writeConfig(): Promise<string> {
  await mkdir(join(folder, 'incoming'), { recursive: true });
  const path = join(folder, 'tallyline.yaml');
  const source = { kind: 'directory', id: 'incoming', root: './incoming', quietPeriod: '0s' };
  const pipelines = [{ name: PIPELINE, source, schedule: { every: '5s' } }];
  const sink = { kind: 'sqlite', path: './tallyline.db' };
  await writeFile(path, stringify({ sink, worker: { metricsAddress: '127.0.0.1:0' }, pipelines }));
  return path;
}

function up(config: string): Running {
  return new Running(['up', '--config', config, '--port', String(port), '--ui-port', String(uiPort)]);
}

async function untilIn(files: number): Promise<void> {
  const sink = await openSink({ kind: 'sqlite', path: join(folder, 'tallyline.db') });
  try {
    await eventually(`${files} files in`, async () => (await sink.readStatus({ pipeline: PIPELINE })).files.in === files, 60_000);
  } finally {
    await sink.close();
  }
}

test('up counts what lies in its folder; killed, it goes on where it was; a second one beside it is refused; SIGTERM ends it', async () => {
  const config = await writeConfig();
  const truth: Truth = new Map();
  await writeSample(join(folder, 'incoming'), 'a.txt', { seed: 1, lines: 1_000 }, truth);
  const first = up(config);
  await first.untilSaid('Web UI:');
  expect((await fetch(`http://127.0.0.1:${uiPort}/`)).status).toBe(200);
  await untilIn(1);

  const second = up(config);
  expect(await second.exited).toBe(3);
  expect(second.output).toContain('runs a Temporal server on');
  expect(second.output).toContain('[temporal_unavailable]');

  await first.end('SIGKILL');
  await writeSample(join(folder, 'incoming'), 'b.txt', { seed: 2, lines: 1_000 }, truth);
  const again = up(config);
  await again.untilSaid('Web UI:');
  await untilIn(2);
  expect(await again.end('SIGTERM')).toBe(0);
  expect(again.output).toContain('Stopped.');
  const sink = await openSink({ kind: 'sqlite', path: join(folder, 'tallyline.db') });
  const { rows } = await sink.readTotals({ pipeline: PIPELINE, limit: 1_000 });
  await sink.close();
  expect(new Map(rows.map(({ key, sum }) => [Buffer.from(key).toString(), sum]))).toEqual(truth);
}, 180_000);

test('up says which port is taken and what to do, and starts nothing', async () => {
  const config = await writeConfig();
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(port, '127.0.0.1', listening));
  try {
    const refused = up(config);
    expect(await refused.exited).toBe(3);
    expect(refused.output).toMatch(new RegExp(`port ${port} .*EADDRINUSE.*--port`));
  } finally {
    taken.close();
  }
}, 60_000);

test('the demo counts ten files to the true totals and ends by itself, while a second one leaves its folder alone', async () => {
  const metricsPort = await findFreePort();
  const args = ['demo', '--exit', '--folder', folder, '--port', String(port), '--ui-port', String(uiPort)];
  const demo = new Running([...args, '--metrics-port', String(metricsPort)]);
  await demo.untilSaid('Web UI:');
  const second = new Running([...args, '--metrics-port', String(metricsPort)]);
  expect(await second.exited).toBe(3);
  expect(second.output).toContain('runs a Temporal server on');
  expect(await demo.exited).toBe(0);
  expect(demo.output).toContain('10 of 10 files in the totals');
  expect(demo.output).toContain('Every total is equal.');
}, 180_000);
