/** The pod of deploy/kubernetes/single-pod.yaml with the permissions that it gets there: no root, nothing to write to but its volumes. */
import type { ChildProcess } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openSink } from '../../src/sinks/open-sink';
import { findFreePort } from '../../src/workers/dev-server';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from '../helpers/eventually';
import { configTextOf, readManifests, workloadsOf } from '../helpers/manifests';
import { killNotedServer } from '../helpers/noted-server';
import { startPodSandbox } from '../helpers/pod-sandbox';
import { writeSample, type Truth } from '../helpers/sample-files';

const manifests = readManifests('single-pod');
const [workload] = workloadsOf(manifests);
const canMount = process.getuid?.() === 0 && process.platform === 'linux';
/** Elsewhere than in CI, where it must run. */
const rootTest = canMount || process.env['CI'] ? test : test.skip;

let folder: string;
let pod: ChildProcess | undefined;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tallyline-pod-'))));
afterEach(async () => {
  pod?.kill('SIGKILL');
  await killNotedServer(join(folder, 'data'));
  await rm(folder, { recursive: true, force: true });
});

rootTest(
  'counts, writes to its volumes alone, and drains when it is told to end',
  async () => {
    const [port, uiPort, metricsPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
    const volumes = {
      config: join(folder, 'config'),
      data: join(folder, 'data'),
      scratch: join(folder, 'scratch'),
      'source-0': join(folder, 'in'),
    };
    for (const path of Object.values(volumes)) await mkdir(path);
    for (const path of [volumes.data, volumes.scratch]) await chown(path, 10001, 10001);
    const text = configTextOf(workload!, manifests).replace('0.0.0.0:9464', `127.0.0.1:${metricsPort}`);
    const config = parse(text) as { pipelines: { source: { quietPeriod?: string }; schedule: { every: string } }[] };
    config.pipelines[0]!.source.quietPeriod = '0s';
    config.pipelines[0]!.schedule.every = '1s';
    await writeFile(join(volumes.config, 'tallyline.yaml'), stringify(config));
    const truth: Truth = new Map();
    await writeSample(volumes['source-0'], 'usage.txt', { seed: 1, lines: 1_000 }, truth);
    const temporal = dirname(await findOrInstallTemporal(() => undefined));
    const moreArguments = ['--port', String(port), '--ui-port', String(uiPort)];
    pod = startPodSandbox({ folder, workload: workload!, volumes, programs: { '/usr/local/temporal': temporal }, moreArguments });
    const ended = new Promise((resolve) => pod?.once('exit', (code, signal) => resolve(code ?? signal)));
    let output = '';
    for (const stream of [pod.stdout, pod.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const counted = async () => {
      if (pod?.exitCode !== null) throw new Error(`the pod ended: ${output}`);
      const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(
        (response) => response.text(),
        () => '',
      );
      return /^tallyline_files_total\{[^}]*\} [1-9]/m.test(metrics);
    };
    await eventually('the file in the totals', counted, 60_000);
    pod.kill('SIGTERM');
    expect(await ended).toBe(0);
    const sink = await openSink({ kind: 'sqlite', path: join(volumes.data, 'tallyline.db') });
    try {
      const { rows } = await sink.readTotals({ pipeline: 'usage', limit: 1_000 });
      expect(new Map(rows.map(({ key, sum }) => [Buffer.from(key).toString(), sum]))).toEqual(truth);
    } finally {
      await sink.close();
    }
  },
  120_000,
);
