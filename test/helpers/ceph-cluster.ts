/** A real Ceph of a test's own: one monitor, one disk and an S3 gateway on loopback, in a folder that goes with it. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askCephDaemon, CephDaemon, runCephTool } from './ceph-daemon';
import { CephMount } from './ceph-mount';
import { newCephPlace, type CephPlace } from './ceph-place';
import { requireCephPrograms } from './ceph-programs';
import { cephKeyring, cephSettings } from './ceph-settings';
import { ProcessGuard } from './process-guard';
import { signS3Request, type S3Credentials } from './s3-signature';

export interface CephOptions {
  /** With a CephFS beside the buckets. */
  readonly cephfs?: boolean;
  /** Chosen at random unless given. */
  readonly credentials?: S3Credentials;
  readonly settings?: Readonly<Record<string, string>>;
}

export type CephDaemonName = 'mon' | 'osd' | 'mds' | 'rgw';
export type BucketVersioning = 'none' | 'enabled' | 'suspended';

const ANSWER_MS_MAX = 10_000;

export class CephCluster {
  readonly endpoint: string;
  private readonly guard: ProcessGuard;
  private readonly daemons: Readonly<Record<CephDaemonName, CephDaemon>>;
  private readonly mounts: CephMount[] = [];

  private constructor(
    private readonly place: CephPlace,
    readonly credentials: S3Credentials,
  ) {
    this.endpoint = `http://127.0.0.1:${place.gatewayPort}`;
    this.guard = new ProcessGuard(place.folder);
    this.daemons = {
      mon: this.daemon('ceph-mon', ['-i', 'a'], () => this.isIn('mon.a', 'mon_status', 'leader')),
      osd: this.daemon('ceph-osd', ['-i', '0'], () => this.isIn('osd.0', 'status', 'active')),
      mds: this.daemon('ceph-mds', ['-i', 'a'], () => this.isIn('mds.a', 'status', 'up:active')),
      // Lists the buckets, which the gateway keeps on the disk: that answers, too.
      rgw: this.daemon('radosgw', ['-n', 'client.rgw'], async () => (await this.request('GET', '/')).ok),
    };
  }

  static async start(options: CephOptions = {}): Promise<CephCluster> {
    requireCephPrograms(options.cephfs === true ? ['objects', 'files'] : ['objects']);
    const { credentials = { accessKeyId: randomUUID(), secretAccessKey: randomUUID() } } = options;
    const cluster = new CephCluster(await newCephPlace(), credentials);
    try {
      await cluster.create(options);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Of everything that it keeps. */
  get folder(): string {
    return this.place.folder;
  }

  get accessKeyId(): string {
    return this.credentials.accessKeyId;
  }

  get secretAccessKey(): string {
    return this.credentials.secretAccessKey;
  }

  /** Of what runs under this name now. */
  pid(name: CephDaemonName): number | undefined {
    return this.daemons[name].pid;
  }

  async createBucket(name: string, { versioning = 'none' }: { readonly versioning?: BucketVersioning } = {}): Promise<void> {
    await this.demand('PUT', `/${name}`);
    if (versioning !== 'none') await this.setVersioning(name, versioning);
  }

  /** There is no way back to `none`. */
  async setVersioning(bucket: string, versioning: 'enabled' | 'suspended'): Promise<void> {
    const status = versioning === 'enabled' ? 'Enabled' : 'Suspended';
    await this.demand('PUT', `/${bucket}?versioning`, `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`);
  }

  /** One signed request; the path with its query is percent-encoded already. */
  async request(method: string, target: string, body?: string): Promise<Response> {
    const headers = signS3Request({ method, host: new URL(this.endpoint).host, target }, this.credentials);
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return await fetch(this.endpoint + target, { method, headers, signal, redirect: 'manual', ...(body !== undefined && { body }) });
  }

  /** Mounts the CephFS at a folder that is there. Stop takes it away again. */
  async mount(folder: string): Promise<CephMount> {
    const log = join(this.place.folder, 'log', `mount-${this.mounts.length}.out`);
    const mount = new CephMount(folder, this.arguments(['-n', 'client.admin']), log, () => this.tellGuard());
    this.mounts.push(mount);
    this.guard.watchMount(folder);
    await mount.start();
    return mount;
  }

  /** The daemon that was started here dies at once. What needs it hangs or is refused until it is started again. */
  async kill(name: CephDaemonName): Promise<void> {
    await this.daemons[name].kill();
  }

  /** With the data that it had. Resolves when S3 answers, as far as the others are there. */
  async startAgain(name: CephDaemonName): Promise<void> {
    await this.daemons[name].start();
    const isWhole = (['mon', 'osd', 'rgw'] as const).every((other) => this.pid(other) !== undefined);
    if (isWhole) await this.demand('GET', '/');
  }

  /** Nothing is left of it. */
  async stop(): Promise<void> {
    for (const mount of this.mounts) await mount.stop();
    for (const daemon of Object.values(this.daemons)) await daemon.kill();
    this.guard.release();
    rmSync(this.place.folder, { recursive: true, force: true });
  }

  log(name: CephDaemonName): string {
    const entity = { mon: 'mon.a', osd: 'osd.0', mds: 'mds.a', rgw: 'client.rgw' }[name];
    return readFileSync(join(this.place.folder, 'log', `${entity}.log`), 'utf8');
  }

  private async create({ cephfs = false, settings = {} }: CephOptions): Promise<void> {
    const { folder, clusterId, monitorAddress } = this.place;
    for (const name of ['mon', 'osd', 'mds', 'rgw', 'run', 'log']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'ceph.conf'), cephSettings(this.place, settings));
    writeFileSync(join(folder, 'keyring'), cephKeyring(this.place), { mode: 0o600 });
    const monitors = join(folder, 'monitors');
    runCephTool('monmaptool', ['--create', '--fsid', clusterId, '--addv', 'a', monitorAddress, monitors]);
    this.tool('ceph-mon', ['-i', 'a', '--mkfs', '--monmap', monitors]);
    await this.daemons.mon.start();
    const diskId = randomUUID();
    this.tool('ceph', ['osd', 'new', diskId, '0']);
    this.tool('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', diskId, '--no-mon-config']);
    await this.daemons.osd.start();
    const { accessKeyId, secretAccessKey } = this.credentials;
    const user = ['--uid', 'test', '--display-name', 'test', '--access-key', accessKeyId, '--secret-key', secretAccessKey];
    this.tool('radosgw-admin', ['user', 'create', ...user]);
    await this.daemons.rgw.start();
    if (cephfs) await this.createFilesystem();
  }

  private async createFilesystem(): Promise<void> {
    for (const pool of ['files.meta', 'files.data']) this.tool('ceph', ['osd', 'pool', 'create', pool]);
    this.tool('ceph', ['fs', 'new', 'files', 'files.meta', 'files.data']);
    await this.daemons.mds.start();
  }

  private daemon(program: string, args: readonly string[], isReady: () => Promise<boolean>): CephDaemon {
    const logFile = join(this.place.folder, 'log', `${program}.out`);
    return new CephDaemon({ program, args: this.arguments(args), logFile, isReady, onChange: () => this.tellGuard() });
  }

  /** In the foreground, so that its pid is the one that was started. */
  private arguments(args: readonly string[]): string[] {
    return ['-f', ...args, '-c', join(this.place.folder, 'ceph.conf')];
  }

  private tool(program: string, args: readonly string[]): void {
    runCephTool(program, ['-c', join(this.place.folder, 'ceph.conf'), ...args]);
  }

  private async isIn(entity: string, command: string, state: string): Promise<boolean> {
    return (await askCephDaemon(join(this.place.folder, 'run', `ceph-${entity}.asok`), command))['state'] === state;
  }

  private async demand(method: string, target: string, body?: string): Promise<void> {
    const answer = await this.request(method, target, body);
    if (!answer.ok) throw new Error(`the gateway answered ${method} ${target} with ${answer.status}: ${await answer.text()}`);
  }

  private tellGuard(): void {
    const running = [...Object.values(this.daemons), ...this.mounts].map(({ pid }) => pid);
    this.guard.watch(running.filter((pid) => pid !== undefined));
  }
}
