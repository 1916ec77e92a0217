import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const text = readFileSync(join(__dirname, '../../docker-compose.yml'), 'utf8');
const { services } = parse(text) as { services: Readonly<Record<string, Service>> };

test('the compose file has Temporal, its database and its Web UI', () => {
  expect(Object.keys(services).sort()).toEqual(['temporal', 'temporal-database', 'temporal-ui']);
});

test.each(Object.entries(services))('%s has a pinned image, and is reached from this machine only', (_name, { image, ports = [] }) => {
  expect(image).toMatch(/^[a-z0-9./-]+:\d+(?:\.\d+)+$/);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test('what is waited for says whether it is healthy', () => {
  const waits = Object.entries(services).flatMap(([name, { depends_on: waited = {} }]) =>
    Object.entries(waited).map(([other, { condition }]) => `${name}: ${other} ${condition}`),
  );
  expect(waits.sort()).toEqual(['temporal-ui: temporal service_healthy', 'temporal: temporal-database service_healthy']);
  expect(services['temporal']?.healthcheck?.test).toContain('temporal:7233');
  expect(services['temporal-database']?.healthcheck?.test).toContain('pg_isready -U temporal');
});
