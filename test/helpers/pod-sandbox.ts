/**
 * What a container runtime makes of a container of a pod, as far as its permissions go: a root of its own that is read-only, the image's folder,
 * the mounts of the manifest, its user, no capabilities. Root alone can make one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Container, PodSpec } from './manifests';

const REPOSITORY = join(__dirname, '../..');
/** What the image takes of its base. */
const BASE = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/proc', '/dev'];
const PRODUCT = '/opt/tallyline';
const ENTRYPOINT = [`${PRODUCT}/bin/tallyline`];

interface SandboxOptions {
  /** A folder of the test, in which the root is made. */
  readonly folder: string;
  readonly pod: PodSpec;
  readonly container: Container;
  /** The folders of the host that the volumes of the manifest are, by their names. */
  readonly volumes: Readonly<Record<string, string>>;
  /** A folder of the host whose programs the image would have. */
  readonly programs: string;
  readonly moreArguments?: readonly string[];
  /** What its Secrets give. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class PodSandbox {
  output = '';
  /** What it ends with: a code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  private readonly child: ChildProcess;

  constructor(options: SandboxOptions) {
    const { pod, container, moreArguments = [], environment = {} } = options;
    const { runAsUser: user = 0, runAsGroup: group = 0 } = pod.securityContext ?? {};
    const root = join(options.folder, 'root');
    mkdirSync(join(root, 'etc'), { recursive: true });
    const image = readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8');
    const named = image.includes(`useradd --uid ${user} `) ? `tallyline:x:${user}:${group}::/work:/usr/sbin/nologin\n` : '';
    writeFileSync(join(root, 'etc/passwd'), `root:x:0:0:root:/root:/bin/sh\n${named}`);
    const command = [...(container.command ?? ENTRYPOINT), ...(container.args ?? []), ...moreArguments];
    const identity = ['--reuid', String(user), '--regid', String(group), '--clear-groups', '--no-new-privs', '--bounding-set=-all'];
    const args = ['chroot', root, 'setpriv', ...identity, '--inh-caps=-all', ...command];
    const path = ['/opt/programs', dirname(process.execPath), '/usr/bin', '/usr/sbin', '/bin', '/sbin'].join(':');
    // Each replaces the one before, so that a signal reaches the process of the container, as it does in a pod.
    this.child = spawn('unshare', ['--mount', 'sh', '-c', `${mountScript(options, root)}\nexec "$@"`, 'sh', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: path, NODE_ENV: 'production', ...environment },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(code ?? signal ?? '')));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** In a namespace of mounts, which ends with the process. */
function mountScript({ container, volumes, programs }: SandboxOptions, root: string): string {
  const mounts = container.volumeMounts ?? [];
  return [
    'set -e',
    `mount --bind ${root} ${root}`,
    ...BASE.map((path) => `if [ -e ${path} ]; then mkdir -p ${root}${path}; mount --rbind ${path} ${root}${path}; fi`),
    bind(REPOSITORY, `${root}${PRODUCT}`, true),
    bind(programs, `${root}/opt/programs`, true),
    `mkdir -p ${root}/work`,
    ...mounts.map(({ name, mountPath, readOnly = false }) => bind(volumes[name] ?? '', `${root}${mountPath}`, readOnly)),
    `mount -o remount,bind,ro ${root}`,
  ].join('\n');
}

function bind(from: string, to: string, isReadOnly: boolean): string {
  return [`mkdir -p ${to}`, `mount --bind ${from} ${to}`, ...(isReadOnly ? [`mount -o remount,bind,ro ${to}`] : [])].join('\n');
}
