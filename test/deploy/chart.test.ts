/** The chart by Helm's own tool, and what it renders by the schemas of Kubernetes and of every operator. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  CHART,
  helm,
  helmTemplate,
  kubeconform,
  KUBERNETES_VERSIONS,
  kubernetesValidate,
  manifestFile,
  valuesFile,
} from '../helpers/kubernetes-tools';
import { DEPLOYMENTS, parseManifests, readManifests } from '../helpers/manifests';

const root = resolve(__dirname, '../..');
const CUSTOM = ['Cluster', 'ObjectBucketClaim', 'PodMonitor', 'PrometheusRule', 'ScaledObject', 'TriggerAuthentication'];
const AUTHENTICATION = ['--set', 'scaling.authentication.secret=temporal-client,scaling.authentication.parameters.cert=tls.crt'];

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'tallyline-chart-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('there is a values file for each deployment, and a manifest for each of them', () => {
  const names = DEPLOYMENTS.map((name) => `${name}.yaml`).sort();
  expect(readdirSync(resolve(CHART, '../values')).sort()).toEqual(names);
  expect(readdirSync(join(root, 'deploy/kubernetes')).sort()).toEqual(names);
});

test('the manifests are what the chart renders', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/generate-kubernetes.mjs'), '--check'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, output: `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
}, 60_000);

test('the version of the chart is that of the program', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')).toContain(`\nversion: ${version}\nappVersion: ${version}\n`);
});

test.each(DEPLOYMENTS)('%s passes the lint of Helm, whose warnings are errors', (deployment) => {
  const { status, output } = helm(['lint', '--strict', '--quiet', CHART, '-f', valuesFile(deployment)]);
  expect({ status, output }).toEqual({ status: 0, output: '' });
});

test.each(KUBERNETES_VERSIONS)(
  'kubeconform finds every manifest valid, by the schemas of Kubernetes %s and of the operators',
  (version) => {
    expect(kubeconform(DEPLOYMENTS.map(manifestFile), version)).toEqual({ status: 0, output: '' });
  },
);

test.each(KUBERNETES_VERSIONS)('kubernetes-validate finds every manifest valid for Kubernetes %s', (version) => {
  const { status, output } = kubernetesValidate(DEPLOYMENTS.map(manifestFile), version);
  const passedOver = [...output.matchAll(/schema for kind (\w+)/g)].map(([, kind = '']) => kind);
  expect({ status, unknown: passedOver.filter((kind) => !CUSTOM.includes(kind)) }).toEqual({ status: 0, unknown: [] });
  expect(output.split('\n').filter((line) => !line.startsWith('WARN'))).toEqual([]);
});

test('authentication of KEDA and worker versioning render, and are valid', () => {
  const { status, output } = helmTemplate('worker-pool', [...AUTHENTICATION, '--set', 'workerVersioning.enabled=true']);
  expect(status).toBe(0);
  const file = join(folder, 'authenticated.yaml');
  writeFileSync(file, output);
  expect(kubeconform([file], KUBERNETES_VERSIONS[0] ?? '')).toEqual({ status: 0, output: '' });
  const manifests = parseManifests(output);
  expect(manifests.map(({ kind }) => kind)).toContain('TriggerAuthentication');
  expect(output).toMatch(/name: TALLYLINE_BUILD_ID\n +value: "0\.1\.0"/);
  expect(output).toMatch(/workerDeploymentBuildId: "0\.1\.0"/);
  expect(output.match(/authenticationRef/g)).toHaveLength(output.match(/type: temporal/g)?.length ?? 0);
});

test('each kind that an operator reads has been seen by its schema', () => {
  const kinds = DEPLOYMENTS.flatMap((deployment) => readManifests(deployment).map(({ kind }) => kind));
  expect(kinds).toEqual(expect.arrayContaining(CUSTOM.filter((kind) => kind !== 'TriggerAuthentication')));
});

test.each([
  ['a field that a CRD does not have', 'minReplicaCount:', 'minReplicas:'],
  ['a field that Kubernetes does not have', 'terminationGracePeriodSeconds:', 'terminationGrace:'],
  ['a value of another type', 'maxReplicaCount: 20', 'maxReplicaCount: many'],
])('kubeconform refuses %s', (_, found, put) => {
  const text = readFileSync(manifestFile('worker-pool'), 'utf8');
  expect(text).toContain(found);
  const file = join(folder, 'wrong.yaml');
  writeFileSync(file, text.replace(found, put));
  expect(kubeconform([file], KUBERNETES_VERSIONS[0] ?? '').status).not.toBe(0);
});

test.each([
  ['no replica at all', ['--set', 'workers.count.minReplicas=0'], /workers\/count\/minReplicas/],
  ['a value that there is not', ['--set', 'replicas=3'], /additional properties 'replicas' not allowed/],
  ['more replicas at least than at most', ['--set', 'workers.count.minReplicas=21'], /minReplicas is above maxReplicas/],
  ['a role that there is not', ['--set', 'workers.count.roles={publish}'], /roles\/0/],
  ['a worker without limits', ['--set', 'workers.count.resources.limits=null'], /count\/resources\/limits/],
  ['a password in the environment', ['--set', 'environment[0].name=PGPASSWORD,environment[0].value=x'], /environment\/0/],
  ['two instances, which no quorum promotes', ['--set', 'postgres.instances=2'], /postgres\/instances/],
  ['an agent with a sink', ['--set', 'agent.enabled=true,agent.config.sink.kind=sqlite'], /agent\/config/],
])('the chart refuses %s', (_, more, reason) => {
  const { status, output } = helmTemplate('worker-pool', more);
  expect({ status, output }).toEqual({ status: 1, output: expect.stringMatching(reason) });
});

test('a worker whose metrics nobody could reach is refused', () => {
  const { status, output } = helmTemplate('single-pod', ['--set', 'config.worker.metricsAddress=127.0.0.1:9464']);
  expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining('set it to 0.0.0.0:9464') });
});

test('without KEDA each role has its least number of replicas', () => {
  const manifests = parseManifests(helmTemplate('worker-pool', ['--set', 'scaling.enabled=false']).output);
  expect(manifests.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.replicas)).toEqual([2, 2, 2]);
  expect(manifests.filter(({ kind }) => kind === 'ScaledObject')).toEqual([]);
});

test('a release whose workers are drained keeps what they share, and lets those of another release at it', () => {
  const manifests = parseManifests(helmTemplate('worker-pool', ['--set-json', 'workers={}']).output);
  const kinds = manifests.map(({ kind }) => kind);
  expect(kinds).not.toContain('Deployment');
  expect(kinds).toEqual(expect.arrayContaining(['Cluster', 'ObjectBucketClaim', 'PersistentVolumeClaim']));
  const database = manifests.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'tallyline-postgres');
  expect(JSON.stringify(database?.spec)).not.toContain('app.kubernetes.io/instance');
});

test('an agent alone has neither the configuration of the workers nor their database', () => {
  const alone = ['--set-json', 'workers={}', '--set', 'postgres.enabled=false'];
  const manifests = parseManifests(helmTemplate('publisher', alone).output);
  expect(manifests.flatMap(({ kind, metadata }) => (kind === 'ConfigMap' ? metadata.name : []))).toEqual(['tallyline-agent']);
  expect(JSON.stringify(manifests)).not.toContain('tallyline-postgres');
});
