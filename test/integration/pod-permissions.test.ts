/** The pods of deploy/kubernetes with the permissions that they get there: no root, nothing to write to but their volumes. */
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openSink } from '../../src/sinks/open-sink';
import type { Sink } from '../../src/sinks/sink';
import { findFreePort, startDevServer, type DevServer } from '../../src/workers/dev-server';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { CephBuckets } from '../helpers/ceph-bed';
import { eventually } from '../helpers/eventually';
import { configTextOf, readManifests, workloadsOf, type Container, type Workload } from '../helpers/manifests';
import { killNotedServer } from '../helpers/noted-server';
import { PodSandbox } from '../helpers/pod-sandbox';
import { PostgresServer } from '../helpers/postgres-server';
import { writeSample, type Truth } from '../helpers/sample-files';

/** In CI they must run. */
const rootTest = process.getuid?.() === 0 || process.env['CI'] ? test : test.skip;

interface LooseConfig {
  temporal?: object;
  exchange?: object;
  sink: object;
  worker: object;
  pipelines: [{ source: Record<string, unknown>; schedule: object }];
}

let folder: string;
let temporal: string;
let server: DevServer | undefined;
let postgres: PostgresServer | undefined;
let buckets: CephBuckets | undefined;
let pods: { readonly sandbox: PodSandbox; readonly metricsPort: number }[];
let truth: Truth;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-pod-'));
  temporal = await findOrInstallTemporal(() => undefined);
  [pods, truth] = [[], new Map()];
  await mkdir(join(folder, 'incoming'));
  // The rootMarker, where there is one.
  await writeFile(join(folder, 'incoming', '.tallyline-root'), '');
  await writeSample(join(folder, 'incoming'), 'usage.txt', { seed: 1, lines: 1_000 }, truth);
});
afterEach(async () => {
  for (const { sandbox } of pods) sandbox.kill('SIGKILL');
  await killNotedServer(join(folder, 'data'));
  await server?.stop();
  await Promise.all([postgres?.remove(), buckets?.stop()]);
  [server, postgres, buckets] = [undefined, undefined, undefined];
  await rm(folder, { recursive: true, force: true });
});

rootTest(
  'single-pod counts, writes to its volume alone, and drains when it is told to end',
  async () => {
    const manifests = readManifests('single-pod');
    const [workload] = workloadsOf(manifests);
    const ports = ['--port', String(await findFreePort()), '--ui-port', String(await findFreePort())];
    await startPod(workload!, workload!.pod.containers[0]!, configTextOf(workload!, manifests), { moreArguments: ports });
    await untilCounted();
    await drain();
    await expectTotals(await openSink({ kind: 'sqlite', path: join(folder, 'data', 'tallyline.db') }));
  },
  120_000,
);

rootTest(
  'worker-pool sets up, counts with a pod for each role, and drains',
  async () => {
    const manifests = readManifests('worker-pool');
    const workloads = workloadsOf(manifests);
    postgres = await PostgresServer.start();
    const sink = postgres.options();
    const [port, databasePath] = [await findFreePort(), join(folder, 'temporal.db')];
    server = await startDevServer({ binary: temporal, databasePath, namespace: 'default', port, uiPort: null });
    const hosts = sink.hosts.map(({ host, port: ownPort }) => `${host}:${ownPort}`);
    // Claim checks would need a gateway of S3, and the password is one that this server does not ask for.
    const changes = { temporal: { address: server.address }, sink: { ...sink, hosts, passwordFile: '/run/secrets/postgres/password' } };
    const orchestrate = workloads.find(({ component }) => component === 'orchestrate')!;
    const setUp = await startPod(orchestrate, orchestrate.pod.initContainers![0]!, configTextOf(orchestrate, manifests), { changes });
    expect([await setUp.ended, setUp.output]).toEqual([0, expect.stringContaining('schedule created')]);
    pods = [];
    for (const workload of workloads) await startPod(workload, workload.pod.containers[0]!, configTextOf(workload, manifests), { changes });
    await untilCounted();
    await drain();
    await expectTotals(await openSink(sink));
  },
  120_000,
);

rootTest(
  'publisher: an agent without a database hands over to workers, and writes the name of its source beside the files',
  async () => {
    const manifests = readManifests('publisher');
    const [agent, apply] = ['agent', 'apply'].map((name) => workloadsOf(manifests).find(({ component }) => component === name)!);
    [postgres, buckets] = await Promise.all([PostgresServer.start(), CephBuckets.start()]);
    const { endpoint = '', bucket } = await buckets.create();
    const sink = postgres.options();
    const [port, databasePath] = [await findFreePort(), join(folder, 'temporal.db')];
    server = await startDevServer({ binary: temporal, databasePath, namespace: 'default', port, uiPort: null });
    const hosts = sink.hosts.map(({ host, port: ownPort }) => `${host}:${ownPort}`);
    const changes = { temporal: { address: server.address }, exchange: { endpoint, bucket } };
    const own = { changes: { ...changes, sink: { ...sink, hosts, passwordFile: '/run/secrets/postgres/password' } } };
    const setUp = await startPod(apply!, apply!.pod.initContainers![0]!, configTextOf(apply!, manifests), own);
    expect([await setUp.ended, setUp.output]).toEqual([0, expect.any(String)]);
    pods = [];
    await chown(join(folder, 'incoming'), 10001, 10001);
    await startPod(apply!, apply!.pod.containers[0]!, configTextOf(apply!, manifests), own);
    await startPod(agent!, agent!.pod.containers[0]!, configTextOf(agent!, manifests), { changes });
    await untilCounted();
    expect(await readFile(join(folder, 'incoming', '.tallyline-source-id'), 'utf8')).not.toBe('');
    await drain();
    await expectTotals(await openSink(sink));
  },
  120_000,
);

/** As its manifest has it, but for ports, `changes` of the configuration, and scans that come at once. */
async function startPod(
  { component, pod }: Workload,
  container: Container,
  configText: string,
  { changes = {}, moreArguments = [] }: { changes?: Partial<LooseConfig>; moreArguments?: readonly string[] },
): Promise<PodSandbox> {
  const own = await mkdtemp(join(folder, `${component}-`));
  const volumes: Record<string, string> = { data: join(folder, 'data'), 'source-0': join(folder, 'incoming') };
  for (const { name } of container.volumeMounts ?? []) {
    const path = (volumes[name] ??= join(own, name));
    await mkdir(path, { recursive: true });
    if (['data', 'scratch'].includes(name)) await chown(path, 10001, 10001);
  }
  for (const name of ['secret-0', 'secret-1'])
    if (name in volumes) await writeFile(join(volumes[name]!, 'password'), 'this server asks for none');
  const metricsPort = await findFreePort();
  const config = { ...(parse(configText) as LooseConfig), ...changes };
  config.worker = { ...config.worker, metricsAddress: `127.0.0.1:${metricsPort}` };
  const [pipeline] = config.pipelines;
  pipeline.source = { ...pipeline.source, quietPeriod: '0s' };
  pipeline.schedule = { every: '1s' };
  await writeFile(join(volumes['config']!, 'tallyline.yaml'), stringify(config));
  const environment = buckets?.environment ?? {};
  const sandbox = new PodSandbox({ folder: own, pod, container, volumes, programs: dirname(temporal), moreArguments, environment });
  pods.push({ sandbox, metricsPort });
  return sandbox;
}

async function untilCounted(): Promise<void> {
  const isCounted = async () => {
    const ended = pods.find(({ sandbox }) => !sandbox.isRunning);
    if (ended) throw new Error(`a pod ended: ${ended.sandbox.output}`);
    const pages = await Promise.all(
      pods.map(({ metricsPort }) =>
        fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(
          (response) => response.text(),
          () => '',
        ),
      ),
    );
    return pages.some((text) => /^tallyline_files_total\{[^}]*"in"[^}]*\} [1-9]/m.test(text));
  };
  await eventually('the file in the totals', isCounted, 60_000);
}

async function drain(): Promise<void> {
  for (const { sandbox } of pods) sandbox.kill('SIGTERM');
  expect(await Promise.all(pods.map(({ sandbox }) => sandbox.ended))).toEqual(pods.map(() => 0));
}

async function expectTotals(sink: Sink): Promise<void> {
  try {
    const { rows } = await sink.readTotals({ pipeline: 'usage', limit: 1_000 });
    expect(new Map(rows.map(({ key, sum }) => [Buffer.from(key).toString(), sum]))).toEqual(truth);
  } finally {
    await sink.close();
  }
}
