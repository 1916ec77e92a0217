/** What is deployed fits together: configuration and mounts, roles and queues, drain and grace, policies of the network and who needs whom. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Config } from '../../src/config/config';
import { parseConfig } from '../../src/config/load-config';
import { parseDurationMs } from '../../src/config/quantities';
import { ROLES, TASK_QUEUES } from '../../src/contracts/task-queues';
import { AUTOMATIC_SPLIT_BYTES_MAX } from '../../src/core/limits';
import type { Manifest, Workload } from '../helpers/manifests';
import { configTextOf, coresOf, DEPLOYMENTS, ofKind, readManifests, selects, workloadsOf } from '../helpers/manifests';

const CONFIG_PATH = '/etc/tallyline/tallyline.yaml';
/** The slowest storage for which the grace is said to be longer than a split. */
const SLOW_BYTES_PER_SECOND = 6_000_000;

const manifestsOf = Object.fromEntries(DEPLOYMENTS.map((name) => [name, readManifests(name)])) as Record<string, Manifest[]>;
const workloads = DEPLOYMENTS.flatMap((deployment) =>
  workloadsOf(manifestsOf[deployment] ?? []).map((workload): [string, Workload, Manifest[]] => [
    `${deployment}: ${workload.component}`,
    workload,
    manifestsOf[deployment] ?? [],
  ]),
);
const find = (title: string) => workloads.find(([found]) => found === title)![1];

function configOf(workload: Workload, manifests: readonly Manifest[]): Config {
  const environment = Object.fromEntries((workload.pod.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
  return parseConfig(configTextOf(workload, manifests), CONFIG_PATH, environment);
}

test.each(workloads)('%s has a valid configuration, and mounts the files that it names', (_, workload, manifests) => {
  const { sink, temporal, pipelines } = configOf(workload, manifests);
  const mounts = workload.pod.containers[0]?.volumeMounts ?? [];
  const isMounted = (path: string, isWritable = false) =>
    mounts.some(({ mountPath, readOnly }) => path.startsWith(`${mountPath}/`) && !(isWritable && readOnly === true));
  const isAgent = workload.component === 'agent';
  if (sink.kind === 'sqlite' && !isAgent) expect(isMounted(sink.path, true)).toBe(true);
  const files = [
    ...(sink.kind === 'postgres' ? [sink.passwordFile, sink.tls.caFile] : []),
    temporal.profilesFile,
    temporal.encryption?.keysFile,
  ].filter((path) => path !== undefined);
  expect(files.filter((path) => !isMounted(path))).toEqual([]);
  const { args = [] } = workload.pod.containers[0] ?? {};
  if (!/^(?:up|agent)|scan|count/.test(args.join(' '))) return;
  // An agent writes the name of the source there.
  const roots = pipelines.flatMap(({ source }) => ('root' in source ? [`${source.root}/`] : []));
  expect(roots.filter((path) => !isMounted(path, isAgent))).toEqual([]);
});

test.each(workloads)('%s takes no more threads than it may have processors, where it counts', (_, workload, manifests) => {
  const [container] = workload.pod.containers;
  if (!/^(?:up|agent)|count/.test(container?.args?.join(' ') ?? '')) return;
  const { threads } = configOf(workload, manifests).worker;
  expect(threads).toBeLessThanOrEqual(coresOf(container?.resources?.limits?.['cpu'] ?? '0'));
});

test.each(workloads)('%s drains: longer than a split takes, and shorter than it is given', (_, workload, manifests) => {
  const { worker } = parse(configTextOf(workload, manifests)) as { worker: { shutdownGrace: string; metricsAddress: string } };
  const graceSeconds = (parseDurationMs(worker.shutdownGrace) ?? 0) / 1000;
  expect(graceSeconds).toBeGreaterThan(AUTOMATIC_SPLIT_BYTES_MAX / SLOW_BYTES_PER_SECOND);
  expect(workload.pod.terminationGracePeriodSeconds).toBeGreaterThan(graceSeconds);
  expect(worker.metricsAddress).toBe('0.0.0.0:9464');
});

test.each(workloads)('%s is let out and in by policies of the network alone, and is restarted always', (_, { labels, pod }, manifests) => {
  const policies = policiesFor(labels, manifests);
  expect(policies.some(({ policyTypes = [] }) => policyTypes.includes('Ingress') && policyTypes.includes('Egress'))).toBe(true);
  const ingress = policies.flatMap(({ ingress: rules = [] }) => rules);
  expect(ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([9464]);
  expect(ingress.every(({ from = [] }) => from.length > 0)).toBe(true);
  expect(pod.restartPolicy).toBe('Always');
});

test('only those that need the database may reach it', () => {
  const canReach = workloads.map(([title, { labels }, manifests]) => {
    const egress = policiesFor(labels, manifests).flatMap(({ egress: rules = [] }) => rules);
    return [title, egress.some(({ ports }) => ports.some(({ port }) => port === 5432))];
  });
  expect(Object.fromEntries(canReach)).toEqual({
    'single-pod: single': false,
    'worker-pool: orchestrate': true,
    'worker-pool: count': true,
    'worker-pool: apply': true,
    'publisher: agent': false,
    'publisher: apply': true,
  });
});

test('an agent has neither a sink nor a Secret of the database', () => {
  const agent = find('publisher: agent');
  expect(parse(configTextOf(agent, manifestsOf['publisher'] ?? []))).not.toHaveProperty('sink');
  expect(agent.pod.volumes?.flatMap(({ secret }) => secret?.secretName ?? [])).toEqual([]);
  expect(agent.pod.containers.flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name))).toEqual([
    'tallyline-exchange',
    'tallyline-exchange',
  ]);
  expect(agent.kind).toBe('StatefulSet');
});

test('single-pod is one pod at a time, on a volume that no second one gets', () => {
  const { kind, spec } = find('single-pod: single');
  expect({ kind, replicas: spec.replicas }).toEqual({ kind: 'StatefulSet', replicas: 1 });
  expect(spec['volumeClaimTemplates']).toMatchObject([{ spec: { accessModes: ['ReadWriteOncePod'] } }]);
});

test('worker-pool has every role once, and the first of them sets up', () => {
  const pool = workloads.filter(([title]) => title.startsWith('worker-pool:')).map(([, workload]) => workload);
  expect(pool.flatMap(rolesOf).sort()).toEqual([...ROLES].sort());
  const setUps = pool.flatMap(({ component, pod }) => (pod.initContainers ?? []).map(({ args = [] }) => [component, ...args.slice(1)]));
  expect(setUps).toEqual([['orchestrate', 'usage']]);
});

test.each(['worker-pool', 'publisher'])('%s scales each Deployment by the queues of its roles, and never to nothing', (deployment) => {
  const manifests = manifestsOf[deployment] ?? [];
  const scaled = ofKind(manifests, 'ScaledObject').map(({ spec }) => spec as unknown as Scaling);
  const deployments = workloadsOf(manifests).filter(({ kind }) => kind === 'Deployment');
  expect(scaled.map(({ scaleTargetRef }) => scaleTargetRef.name).sort()).toEqual(deployments.map(({ metadata }) => metadata.name).sort());
  for (const workload of deployments) {
    const own = scaled.find(({ scaleTargetRef }) => scaleTargetRef.name === workload.metadata.name)!;
    expect(own.minReplicaCount).toBeGreaterThanOrEqual(1);
    expect(own.maxReplicaCount).toBeGreaterThan(own.minReplicaCount);
    expect(workload.spec.replicas).toBeUndefined();
    const queues = own.triggers.map(({ metadata }) => [metadata['taskQueue'], metadata['queueTypes']]);
    const intake = deployment === 'publisher' ? [['tallyline-intake', 'activity']] : [];
    const wanted = rolesOf(workload).map((role) => [TASK_QUEUES[role], role === 'orchestrate' ? 'workflow' : 'activity']);
    expect(queues).toEqual([...wanted, ...intake]);
    const { temporal } = parse(configTextOf(workload, manifests)) as { temporal: { address: string } };
    expect(own.triggers.every(({ type, metadata }) => type === 'temporal' && metadata['endpoint'] === temporal.address)).toBe(true);
  }
});

test.each(['worker-pool', 'publisher'])('%s loses one pod of a Deployment at a time', (deployment) => {
  const manifests = manifestsOf[deployment] ?? [];
  const budgets = ofKind(manifests, 'PodDisruptionBudget').map(({ spec }) => spec as unknown as Budget);
  for (const { labels } of workloadsOf(manifests).filter(({ kind }) => kind === 'Deployment')) {
    const own = budgets.filter(({ selector }) => selects(selector.matchLabels, labels));
    expect(own.map(({ maxUnavailable }) => maxUnavailable)).toEqual([1]);
  }
});

test('a failover of the database takes no total back', () => {
  for (const deployment of ['worker-pool', 'publisher']) {
    const [cluster] = ofKind(manifestsOf[deployment] ?? [], 'Cluster');
    expect(cluster?.spec).toMatchObject({
      instances: 3,
      postgresql: { synchronous: { method: 'any', number: 1, dataDurability: 'required', failoverQuorum: true } },
    });
  }
});

test('the pods start what the image has', () => {
  const image = readFileSync(join(__dirname, '../../Dockerfile'), 'utf8');
  expect(image).toMatch(/^ENTRYPOINT \["\/opt\/tallyline\/bin\/tallyline"\]$/m);
  expect(image).toMatch(/^COPY --from=build \/temporal \/usr\/local\/bin\/temporal$/m);
  const user = /^USER (\d+):(\d+)$/m.exec(image)?.slice(1).map(Number);
  // The Temporal server of `up` looks its user up.
  expect(image).toContain(`useradd --uid ${user?.[0] ?? ''} `);
  for (const [, { pod }] of workloads) expect([pod.securityContext?.runAsUser, 10001]).toEqual(user);
  const [setUp] = find('worker-pool: orchestrate').pod.initContainers ?? [];
  expect(setUp?.command?.join('\n')).toContain('/opt/tallyline/bin/tallyline setup --config');
});

interface NetworkRules {
  readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly { readonly from?: readonly object[]; readonly ports: readonly { readonly port: number }[] }[];
  readonly egress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
}

interface Scaling {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly { readonly type: string; readonly metadata: Readonly<Record<string, string>> }[];
}

interface Budget {
  readonly maxUnavailable: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
}

function policiesFor(labels: Readonly<Record<string, string>>, manifests: readonly Manifest[]): NetworkRules[] {
  const rules = ofKind(manifests, 'NetworkPolicy').map(({ spec }) => spec as unknown as NetworkRules);
  return rules.filter(({ podSelector }) => selects(podSelector.matchLabels, labels));
}

function rolesOf({ pod }: Workload): (typeof ROLES)[number][] {
  const args = pod.containers[0]?.args ?? [];
  const given = (args[args.indexOf('--roles') + 1] ?? '').split(',');
  return ROLES.filter((role) => given.includes(role));
}
