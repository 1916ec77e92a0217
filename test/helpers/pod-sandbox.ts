/**
 * What a container runtime makes of a pod, as far as its permissions go: a root of its own that is read-only, the image's folder, the mounts of
 * the manifest, its user, no capabilities. Root alone can make one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Workload } from './manifests';

/** What the image takes of its base, and the programs that are put into it. */
const BASE = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/proc', '/dev'];
const PRODUCT = '/opt/tallyline';

export interface PodSandbox {
  /** A folder of this test, in which the root is made. */
  readonly folder: string;
  readonly workload: Workload;
  /** The folders of the host that the volumes of the manifest are, by their names. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Folders of the host that the image would have, by their paths in it. */
  readonly programs: Readonly<Record<string, string>>;
  readonly moreArguments: readonly string[];
}

/** Its signals reach the process of the container, as they do in a pod. */
export function startPodSandbox({ folder, workload, volumes, programs, moreArguments }: PodSandbox): ChildProcess {
  const [container] = workload.pod.containers;
  const { runAsUser: user = 0 } = workload.pod.securityContext ?? {};
  const root = join(folder, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
  const line = readFileSync(join(__dirname, '../../Dockerfile'), 'utf8').includes(`useradd --uid ${user} `)
    ? `tallyline:x:${user}:${user}::/work:/usr/sbin/nologin\n`
    : '';
  writeFileSync(join(root, 'etc/passwd'), `root:x:0:0:root:/root:/bin/sh\n${line}`);
  const mounts = container?.volumeMounts ?? [];
  const script = [
    'set -e',
    `mount --bind ${root} ${root}`,
    ...BASE.map((path) => `if [ -e ${path} ]; then mkdir -p ${root}${path}; mount --rbind ${path} ${root}${path}; fi`),
    ...Object.entries({ ...programs, [PRODUCT]: join(__dirname, '../..') }).map(([path, from]) => bind(from, `${root}${path}`, true)),
    `mkdir -p ${root}/work`,
    ...mounts.map(({ name, mountPath, readOnly = false }) => bind(volumes[name] ?? '', `${root}${mountPath}`, readOnly)),
    `mount -o remount,bind,ro ${root}`,
    'exec "$@"',
  ].join('\n');
  const path = [...Object.keys(programs), dirname(process.execPath), '/usr/bin', '/usr/sbin', '/bin', '/sbin'].join(':');
  const identity = ['--reuid', String(user), '--regid', String(user), '--clear-groups', '--no-new-privs', '--bounding-set=-all'];
  const command = [process.execPath, `${PRODUCT}/bin/tallyline`, ...(container?.args ?? []), ...moreArguments];
  const args = ['--mount', 'sh', '-c', script, 'sh', 'chroot', root, 'setpriv', ...identity, '--inh-caps=-all', ...command];
  return spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: path, NODE_ENV: 'production' } });
}

function bind(from: string, to: string, isReadOnly: boolean): string {
  return [`mkdir -p ${to}`, `mount --bind ${from} ${to}`, ...(isReadOnly ? [`mount -o remount,bind,ro ${to}`] : [])].join('\n');
}
