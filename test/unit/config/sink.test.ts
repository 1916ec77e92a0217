import { explainConfig } from '../../../src/config/explain-config';
import { checkConfig, parseConfig } from '../../../src/config/load-config';
import { showSink, toSinkOptions } from '../../../src/config/convert';

const PIPELINES = 'pipelines: [{ name: usage, source: { kind: directory, id: spool, root: /data } }]';
const POSTGRES = 'kind: postgres, hosts: ["db1:5432", "[::1]:5433"], database: billing, user: tallyline';
const config = (sink: string) => parseConfig(`sink: { ${sink} }\n${PIPELINES}`, '/etc/tallyline/tallyline.yaml');

test('a sink without a kind is SQLite', () => {
  expect(config('').sink).toEqual({ kind: 'sqlite', path: '/etc/tallyline/.tallyline/tallyline.db' });
  expect(showSink(config('path: /var/a.db'))).toBe('/var/a.db');
});

test('a server must prove its name unless that is turned off', () => {
  expect(toSinkOptions(config(POSTGRES))).toEqual({
    kind: 'postgres',
    hosts: [
      { host: 'db1', port: 5432 },
      { host: '::1', port: 5433 },
    ],
    database: 'billing',
    user: 'tallyline',
    schema: 'tallyline',
    tls: { mode: 'verify-full' },
    connections: 10,
  });
});

test('files are found from the folder of the configuration', () => {
  const { sink } = config(`${POSTGRES}, passwordFile: secret, tls: { mode: require, caFile: ca.pem }`);
  expect(sink).toMatchObject({ passwordFile: '/etc/tallyline/secret', tls: { mode: 'require', caFile: '/etc/tallyline/ca.pem' } });
});

test('messages name the database without a secret', () => {
  expect(showSink(config(`${POSTGRES}, passwordFile: secret`))).toBe('billing (schema tallyline) at db1:5432, [::1]:5433');
});

test.each([
  ['kind: mysql', 'sink.kind cannot be "mysql"; allowed: `sqlite`, `postgres`'],
  ['kind: postgres, database: a, user: b', 'sink.hosts is missing'],
  [POSTGRES.replace('"db1:5432"', 'db1'), 'sink.hosts cannot be'],
  [`${POSTGRES}, hosts: []`, 'Map keys must be unique'],
  [`${POSTGRES}, password: secret`, 'sink.password is no option; Did you mean `passwordFile`?'],
  [`${POSTGRES}, path: a.db`, 'sink.path has no meaning with this `kind`'],
  ['hosts: ["db1:5432"]', 'sink.hosts has no meaning with this `kind`'],
  [`${POSTGRES}, schema: 'x"; DROP TABLE a; --'`, 'sink.schema cannot be'],
  [`${POSTGRES}, schema: pg_temp`, 'sink.schema cannot be'],
  [`${POSTGRES}, tls: { mode: prefer }`, 'sink.tls.mode cannot be "prefer"'],
  [`${POSTGRES}, connections: 0`, 'sink.connections cannot be 0'],
])('{ %s } is refused', (sink, fault) => {
  expect(() => config(sink)).toThrow(fault);
});

describe('claim checks in the bucket of a source', () => {
  const together = (claims: string, source: string) => () =>
    parseConfig(
      `sink: { ${POSTGRES}, claimChecks: { bucket: usage${claims} } }
pipelines: [{ name: usage, source: { kind: s3, id: spool, bucket: usage${source} } }]`,
      '/etc/tallyline/tallyline.yaml',
    );

  test.each([
    ['', ''],
    [', prefix: usage/claims/', ', prefix: usage/'],
    [', prefix: usage/', ', prefix: usage/0'],
    [', prefix: usage.d/', ', prefix: usage'],
    [', endpoint: "http://ceph:8080"', ', endpoint: "http://ceph:8080/"'],
  ])('{%s} would be counted by {%s}', (claims, source) => {
    expect(together(claims, source)).toThrow('shares its objects with `sink.claimChecks`');
  });

  test.each([
    [', prefix: .tallyline/', ''],
    ['', ', prefix: usage/'],
    ['', ', endpoint: "http://ceph:8080"'],
  ])('{%s} lie outside of {%s}', (claims, source) => {
    expect(together(claims, source)).not.toThrow();
  });
});

test('an explanation shows the options of the kind that is chosen', () => {
  const options = (sink: string) =>
    explainConfig(checkConfig(`sink: { ${sink} }\n${PIPELINES}`, 'tallyline.yaml', {}))
      .map(({ option }) => option)
      .filter((option) => option.startsWith('sink.'));
  expect(options('')).toEqual(['sink.kind', 'sink.path']);
  expect(options(POSTGRES)).toEqual([
    ...['sink.kind', 'sink.hosts', 'sink.database', 'sink.user', 'sink.passwordFile', 'sink.schema'],
    ...['sink.tls.mode', 'sink.tls.caFile', 'sink.connections'],
    ...['bucket', 'endpoint', 'region', 'pathStyle', 'profile', 'requests', 'prefix'].map((name) => `sink.claimChecks.${name}`),
  ]);
});
