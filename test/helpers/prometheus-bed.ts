/** A real Prometheus and Alertmanager on loopback with the product's own rules, every duration shorter, and a receiver in Slack's place. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { Pace } from '../../src/observability/pace';
import { renderAlertmanager } from '../../src/observability/render-alertmanager';
import { renderPrometheus } from '../../src/observability/render-prometheus';
import { renderRules } from '../../src/observability/render-rules';
import { eventually } from './eventually';
import { freePort } from './free-port';
import { ProcessGuard } from './process-guard';

export const RUNBOOKS = 'https://runbooks.example';

/** As Slack's incoming webhooks take it. */
export interface SlackMessage {
  readonly channel: string;
  readonly attachments: readonly { readonly title: string; readonly title_link: string; readonly text: string; readonly color: string }[];
}

/** Throws when there is none: a test that needs it fails without it. */
export function prometheusProgram(name: string): string {
  const cache = process.env['TALLYLINE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tallyline');
  const given = process.env['TALLYLINE_PROMETHEUS'];
  const folders = [
    ...(given === undefined ? [] : [given]),
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(cache, 'prometheus/usr/bin'),
  ];
  const folder = folders.find((candidate) => existsSync(join(candidate, name)));
  if (folder === undefined)
    throw new Error(
      `no ${name} is installed: \`npm test\` fetches it on Debian; otherwise name the folder of Prometheus's programs in TALLYLINE_PROMETHEUS`,
    );
  return join(folder, name);
}

export class PrometheusBed {
  readonly slack: SlackMessage[] = [];
  watchdogs = 0;

  private constructor(
    readonly folder: string,
    private readonly address: string,
    private readonly receiver: Server,
    private readonly children: readonly ChildProcess[],
    private readonly guard: ProcessGuard,
  ) {}

  /** `targets`: host:port of processes of Tallyline. */
  static async start(targets: readonly string[], factor: number): Promise<PrometheusBed> {
    const folder = await mkdtemp(join(tmpdir(), 'tallyline-prometheus-'));
    const guard = new ProcessGuard(folder);
    const messages: { bed?: PrometheusBed } = {};
    const receiver = createServer((request, response) => {
      void readBody(request).then((body) => {
        if (request.url === '/slack') messages.bed?.slack.push(JSON.parse(body) as SlackMessage);
        else if (messages.bed) messages.bed.watchdogs += 1;
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const [port, alertmanagerPort] = [await freePort(), await freePort()];
    await writeSettings(folder, { targets, factor, receiverUrl, alertmanagerPort });
    const children = [
      start('prometheus-alertmanager', [
        `--config.file=${join(folder, 'alertmanager.yaml')}`,
        `--storage.path=${join(folder, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        '--cluster.listen-address=',
      ]),
      start('prometheus', [
        `--config.file=${join(folder, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--query.lookback-delta=10s',
      ]),
    ];
    guard.watch(children.flatMap(({ pid }) => pid ?? []));
    const bed = new PrometheusBed(folder, `http://127.0.0.1:${port}`, receiver, children, guard);
    messages.bed = bed;
    await eventually('Prometheus and Alertmanager are ready', async () => {
      const ended = children.find(({ exitCode }) => exitCode !== null);
      if (ended)
        throw new Error(
          `${ended.spawnfile} ended with ${String(ended.exitCode)}; run it with ${ended.spawnargs.slice(1).join(' ')} to see why`,
        );
      const ready = await Promise.all([isReady(bed.address), isReady(`http://127.0.0.1:${alertmanagerPort}`)]);
      return ready.every(Boolean);
    });
    return bed;
  }

  /** What an instant query gives: each series with its labels and value. Throws an Error when Prometheus refuses it. */
  async query(expression: string): Promise<readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[]> {
    const response = await fetch(`${this.address}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as Answer;
    if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error ?? ''}`);
    const { resultType, result } = answer.data;
    if (resultType === 'scalar') return [{ metric: {}, value: Number((result as unknown as [number, string])[1]) }];
    return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  }

  /** Resolves with the first message about this alert of this pipeline that says it is raised, or has ended. */
  async told(
    alert: string,
    pipeline: string,
    state: 'raised' | 'ended',
    timeoutMs = 60_000,
  ): Promise<SlackMessage['attachments'][number] & { channel: string }> {
    const title = `${alert} of ${pipeline}`;
    return await eventually(
      `Slack is told that ${title} is ${state}`,
      () => {
        for (const { channel, attachments } of this.slack) {
          const found = attachments.find((one) => one.title.endsWith(title) && one.title.startsWith('RESOLVED') === (state === 'ended'));
          if (found) return { ...found, channel };
        }
        return undefined;
      },
      timeoutMs,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map(end));
    await new Promise((resolve) => this.receiver.close(resolve));
    this.receiver.closeAllConnections();
    this.guard.release();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly resultType: string;
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
  };
}

interface Settings {
  readonly targets: readonly string[];
  readonly factor: number;
  readonly receiverUrl: string;
  readonly alertmanagerPort: number;
}

async function writeSettings(folder: string, { targets, factor, receiverUrl, alertmanagerPort }: Settings): Promise<void> {
  const pace = new Pace(factor);
  await mkdir(join(folder, 'alertmanager'));
  const rulesFile = join(folder, 'rules.yaml');
  const slackUrlFile = join(folder, 'slack-url');
  await writeFile(slackUrlFile, `${receiverUrl}/slack`);
  await writeFile(rulesFile, stringify(renderRules({ pace, runbooks: RUNBOOKS })));
  const alertmanagers = [`127.0.0.1:${alertmanagerPort}`];
  await writeFile(join(folder, 'prometheus.yaml'), stringify(renderPrometheus({ pace, targets, alertmanagers, rulesFile })));
  const channels = { pageChannel: '#pages', ticketChannel: '#tickets' };
  const alertmanager = renderAlertmanager({ pace, slackUrlFile, watchdogUrl: `${receiverUrl}/watchdog`, ...channels });
  await writeFile(join(folder, 'alertmanager.yaml'), stringify(alertmanager));
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(prometheusProgram(program), args, { stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

async function isReady(address: string): Promise<boolean> {
  return await fetch(`${address}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
