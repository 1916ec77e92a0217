import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load-config';
import { ROLES } from '../../src/contracts/task-queues';
import { COMPOSE_TARGETS } from '../../src/observability/deploy-places';
import { composeModel } from '../helpers/kubernetes-tools';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}

const root = join(__dirname, '../..');
const { services, volumes, secrets } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
  volumes: Readonly<Record<string, null>>;
  secrets: Readonly<Record<string, { readonly file: string }>>;
};
const all = Object.entries(services);
const workers = all.filter(([, { command = [] }]) => command[0] === 'worker');

const GIVEN = { TEMPORAL_DATABASE_PASSWORD: 'given', STORAGE_SECRET_KEY: 'given' };

test('it is what Docker Compose takes, once its secrets are given', () => {
  const { status, output } = composeModel(join(root, 'docker-compose.yml'), GIVEN);
  expect({ status, output }).toEqual({ status: 0, output });
  expect(Object.keys((JSON.parse(output) as { services: object }).services).sort()).toEqual(Object.keys(services).sort());
});

test.each(Object.keys(GIVEN))('without %s it is refused, and says so', (name) => {
  const { status, output } = composeModel(join(root, 'docker-compose.yml'), { ...GIVEN, [name]: '' });
  expect(status).not.toBe(0);
  expect(output).toContain(name);
});

const hasCompose = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
(hasCompose ? test : test.skip)('`docker compose config` takes it, where Docker has that', () => {
  const environment = { ...process.env, ...GIVEN };
  const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr });
});

test.each(all)('%s has a pinned image, and is reached from this machine only', (_name, { image, ports = [] }) => {
  expect(image).toMatch(/^[a-z0-9./-]+:v?\d+(?:\.\d+)+$/);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test('what is waited for says whether it is healthy, or ends by itself', () => {
  for (const [name, { depends_on: waited = {} }] of all) {
    for (const [other, { condition }] of Object.entries(waited)) {
      const { healthcheck } = services[other] ?? {};
      const isTold = condition === 'service_healthy' ? healthcheck?.test !== undefined : other === 'set-up';
      expect({ name, other, isTold }).toEqual({ name, other, isTold: true });
    }
  }
});

test.each(all)('%s mounts what there is, and names its volumes and secrets', (_name, service) => {
  for (const mount of service.volumes ?? []) {
    const [source = ''] = mount.split(':');
    if (!source.startsWith('./')) expect(Object.keys(volumes)).toContain(source);
    else if (source !== './incoming') expect({ source, isThere: existsSync(join(root, source)) }).toEqual({ source, isThere: true });
  }
  for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret);
});

test('the workers have every role once, and may do nothing but that', () => {
  const roles = workers.flatMap(([, { command = [] }]) => (command[command.indexOf('--roles') + 1] ?? '').split(','));
  expect(roles.sort()).toEqual([...ROLES].sort());
  for (const [, { read_only: isReadOnly, cap_drop: dropped }] of workers)
    expect({ isReadOnly, dropped }).toEqual({ isReadOnly: true, dropped: ['ALL'] });
});

test('their configuration is valid, its secrets are given, and they are stopped no sooner than they have drained', () => {
  const config = loadConfig(join(root, 'deploy/compose/tallyline.yaml'), {});
  expect(config.sink).toMatchObject({ kind: 'postgres', hosts: [{ host: 'database' }], passwordFile: '/run/secrets/database-password' });
  expect(config.temporal.address).toBe('temporal:7233');
  for (const [, { stop_grace_period: grace = '' }] of workers)
    expect(Number.parseInt(grace, 10) * 1000).toBeGreaterThan(config.worker.shutdownGraceMs);
});

test('claim checks lie in the bucket that the storage has, and workers know its key', () => {
  const { sink } = loadConfig(join(root, 'deploy/compose/tallyline.yaml'), {});
  const bucket = sink.kind === 'postgres' ? sink.claimChecks : undefined;
  const { command = [], volumes: mounts = [], environment = {} } = services['storage'] ?? {};
  expect(mounts).toEqual([`claim-checks:${command.at(-1) ?? ''}/${bucket?.bucket ?? ''}`]);
  expect(bucket?.endpoint).toBe(`http://storage${command[command.indexOf('--port') + 1] ?? ''}`);
  for (const [, { environment: own = {} }] of workers)
    expect([own['AWS_ACCESS_KEY_ID'], own['AWS_SECRET_ACCESS_KEY']]).toEqual([
      environment['ROOT_ACCESS_KEY_ID'],
      environment['ROOT_SECRET_ACCESS_KEY'],
    ]);
});

test('Prometheus scrapes every worker, and finds Alertmanager and its rules', () => {
  const { targets, alertmanagers, rulesFile } = COMPOSE_TARGETS.prometheus;
  expect([...targets].sort()).toEqual(workers.map(([name]) => `${name}:9464`).sort());
  expect(alertmanagers.map((address) => address.split(':')[0])).toEqual(['alertmanager']);
  expect(services['prometheus']?.volumes).toContain('./deploy/prometheus:/etc/prometheus:ro');
  expect(rulesFile).toBe('/etc/prometheus/rules.yaml');
  expect(services['alertmanager']?.secrets).toEqual(['slack-url']);
  expect(COMPOSE_TARGETS.alertmanager.slackUrlFile).toBe('/run/secrets/slack-url');
});

test('the image is built in two stages, runs as nobody, and has what it starts', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  expect(text.match(/^FROM /gm)).toHaveLength(2);
  expect(text).toMatch(/^USER \d+:\d+$/m);
  expect(text.lastIndexOf('USER')).toBeGreaterThan(text.lastIndexOf('FROM'));
  for (const [, source = ''] of text.matchAll(/^COPY --from=build \/build\/(\S+)/gm))
    if (source !== 'node_modules' && source !== 'dist') expect(existsSync(join(root, source))).toBe(true);
});
