/** What is deployed may do no more than it must, and each rule of the policy is seen refusing something. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findViolations } from '../helpers/manifest-policy';
import type { Manifest, PodSpec } from '../helpers/manifests';
import { DEPLOYMENTS, readManifests, workloadsOf } from '../helpers/manifests';

test.each(DEPLOYMENTS)('%s keeps to the policy', (deployment) => {
  const manifests = readManifests(deployment);
  expect(workloadsOf(manifests).length).toBeGreaterThan(0);
  expect(manifests.flatMap(findViolations)).toEqual([]);
});

test('the sidecar that the guide shows keeps to it', () => {
  const guide = readFileSync(join(__dirname, '../../docs/guides/kubernetes.md'), 'utf8');
  const { initContainers } = parse(/```yaml\n(initContainers:[^]*?)```/.exec(guide)?.[1] ?? '') as Pick<PodSpec, 'initContainers'>;
  expect(initContainers).toMatchObject([{ restartPolicy: 'Always', args: ['agent', '--config', '/etc/tallyline/tallyline.yaml'] }]);
  const withSidecar = changed((pod) => (pod.initContainers = initContainers as unknown as LoosePod['initContainers']));
  expect(findViolations(withSidecar)).toEqual([]);
});

type Loose = Record<string, unknown>;

interface LoosePod extends Loose {
  securityContext: Loose;
  volumes: Loose[];
  containers: [Loose & { securityContext: Loose & { capabilities: Loose }; resources: { limits?: Loose }; env: Loose[] }];
  initContainers: [Loose & { securityContext: Loose }];
}

const digest = `sha256:${'0'.repeat(64)}`;

/** A Deployment that keeps to it, as plain data of its own, after `change`. */
function changed(change: (pod: LoosePod) => void): Manifest {
  const found = readManifests('worker-pool').find(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith('orchestrate'));
  const manifest = structuredClone(found!);
  change(manifest.spec.template!.spec as unknown as LoosePod);
  return manifest;
}

test('a manifest that keeps to it has no violation, nor one whose image is pinned by its digest', () => {
  expect(findViolations(changed(() => undefined))).toEqual([]);
  expect(findViolations(changed(({ containers: [one] }) => (one['image'] = `registry.example.com/tallyline@${digest}`)))).toEqual([]);
});

test.each<[string, (pod: LoosePod) => void, RegExp]>([
  ['a pod of root', (pod) => (pod.securityContext['runAsUser'] = 0), /may run as root/],
  ['a pod that does not say who it is', (pod) => delete pod.securityContext['runAsNonRoot'], /may run as root/],
  ['a container of root', ({ containers: [one] }) => (one.securityContext['runAsUser'] = 0), /tallyline may run as root/],
  ['a container of root that sets up', ({ initContainers: [one] }) => (one.securityContext['runAsUser'] = 0), /set-up may run as root/],
  ['a container that may become root', ({ containers: [one] }) => (one.securityContext['runAsNonRoot'] = false), /may run as root/],
  ['a writable root', ({ containers: [one] }) => delete one.securityContext['readOnlyRootFilesystem'], /may write to its root/],
  ['a privileged container', ({ containers: [one] }) => (one.securityContext['privileged'] = true), /may gain privileges/],
  ['gained privileges', ({ containers: [one] }) => delete one.securityContext['allowPrivilegeEscalation'], /may gain privileges/],
  ['kept capabilities', ({ containers: [one] }) => (one.securityContext.capabilities['drop'] = []), /keeps capabilities/],
  ['added capabilities', ({ containers: [one] }) => (one.securityContext.capabilities['add'] = ['NET_ADMIN']), /keeps capabilities/],
  ['any system call', (pod) => delete pod.securityContext['seccompProfile'], /no seccomp profile/],
  ['the network of the host', (pod) => (pod['hostNetwork'] = true), /shares what is the host's/],
  ['a folder of the host', (pod) => pod.volumes.push({ name: 'host', hostPath: { path: '/' } }), /volume of another kind: .*hostPath/],
  ['a token of the API server', (pod) => delete pod['automountServiceAccountToken'], /mounts a token/],
  ['no limit of memory', ({ containers: [one] }) => delete one.resources.limits?.['memory'], /lacks requests or limits/],
  ['no limits', ({ containers: [one] }) => delete one.resources.limits, /lacks requests or limits/],
  ['an image of no version', ({ containers: [one] }) => (one['image'] = 'tallyline'), /no pinned image/],
  ['the latest image', ({ containers: [one] }) => (one['image'] = 'tallyline:latest'), /no pinned image/],
  ['a password inline', ({ containers: [one] }) => one.env.push({ name: 'PGPASSWORD', value: 'x' }), /has PGPASSWORD inline/],
  ['a process that nobody probes', ({ containers: [one] }) => delete one['readinessProbe'], /is not probed/],
])('the policy refuses %s', (_, change, reason) => {
  expect(findViolations(changed(change))).toEqual([expect.stringMatching(reason)]);
});

test('the policy refuses a Secret, and a configuration that holds one', () => {
  const metadata = { name: 'postgres' };
  expect(findViolations({ kind: 'Secret', metadata, spec: {} })).toEqual([expect.stringMatching(/secret inline/)]);
  const withData = (text: string) => findViolations({ kind: 'ConfigMap', metadata, spec: {}, data: { 'tallyline.yaml': text } });
  expect(withData('sink:\n  password: x')).toHaveLength(1);
  expect(withData('endpoint: https://user:x@objects.example.com')).toHaveLength(1);
  expect(withData('sink:\n  passwordFile: /run/secrets/postgres/password')).toEqual([]);
});
