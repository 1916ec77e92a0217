/** Which server is taken for a sink, and which is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailureCode } from '../../src/core/failures';
import { judgeServer } from '../../src/sinks/postgres-judge';
import { quoteSchema, type PostgresSinkOptions } from '../../src/sinks/postgres-options';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { makeCertificate } from '../helpers/certificates';
import { PostgresServer } from '../helpers/postgres-server';

let server: PostgresServer;
const folder = mkdtempSync(join(tmpdir(), 'tallyline-postgres-open-'));
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

function failure(code: FailureCode, word = ''): Error {
  return expect.objectContaining({ code, fact: expect.stringContaining(word) }) as Error;
}

async function opens(options: PostgresSinkOptions): Promise<void> {
  const store = await PostgresStore.open(options);
  await store.close();
}

describe('the schema', () => {
  test('is created once, by whoever comes first, and is there for the next', async () => {
    const options = server.options();
    await Promise.all(Array.from({ length: 5 }, () => opens(options)));
    await opens({ ...options, mustExist: true });
    const [row] = await server.query(`SELECT count(*)::int AS tables FROM information_schema.tables WHERE table_schema = $1`, [
      options.schema,
    ]);
    expect(row?.['tables']).toBeGreaterThan(10);
  });

  test('is not created for who only reads', async () => {
    await expect(opens(server.options({ mustExist: true }))).rejects.toEqual(failure('sink_unavailable', 'tallyline setup'));
  });

  test('of a newer version is refused', async () => {
    const options = server.options();
    await opens(options);
    await server.query(`UPDATE ${options.schema}.schema_version SET version = 99`);
    for (const mustExist of [false, true]) await expect(opens({ ...options, mustExist })).rejects.toEqual(failure('sink_refused', '99'));
  });

  test('that was made beforehand needs no role that may create one; one where there is nothing to do none that may create anything', async () => {
    const options = server.options({ user: 'modest' });
    await server.query('CREATE ROLE modest LOGIN');
    await expect(opens(options)).rejects.toEqual(failure('sink_unavailable', 'permission denied'));
    await server.query(`CREATE SCHEMA ${options.schema} AUTHORIZATION modest`);
    await opens(options);
    await server.query('CREATE ROLE reader LOGIN');
    await server.query(`GRANT USAGE ON SCHEMA ${options.schema} TO reader`);
    await server.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${options.schema} TO reader`);
    await opens({ ...options, user: 'reader' });
  });

  test('orders and compares every text by its bytes, whatever the database does', async () => {
    const options = server.options();
    await opens(options);
    const rows = await server.query(
      `SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE table_schema = $1 AND table_type = 'BASE TABLE' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`,
      [options.schema],
    );
    expect(rows).toEqual([]);
  });

  test.each(['x"; DROP SCHEMA public; --', 'Totals', '', 'a b', 'a.b', 'pg_catalog', '1st', 'ä', `a'`, 'x'.repeat(64), 'public\0'])(
    'cannot be named %j',
    async (schema) => {
      expect(() => quoteSchema(schema)).toThrow(failure('config_invalid', 'sink.schema'));
      await expect(opens(server.options({ schema }))).rejects.toEqual(failure('config_invalid'));
    },
  );
});

describe('a server that could lose what it was given', () => {
  afterEach(async () => {
    await server.stop();
    await server.run({});
  });

  test.each([
    ['fsync', 'off'],
    ['full_page_writes', 'off'],
    ['synchronous_commit', 'off'],
  ])('is refused: %s=%s', async (name, value) => {
    await server.stop();
    await server.run({ [name]: value });
    await expect(opens(server.options())).rejects.toEqual(failure('sink_refused', `${name}=${value}`));
  });
});

test('a role whose sessions do not wait for their commits is refused, also when it becomes so later', async () => {
  await server.query('CREATE ROLE hasty LOGIN SUPERUSER');
  const store = await PostgresStore.open(server.options({ user: 'hasty', connections: 1 }));
  await server.query('ALTER ROLE hasty SET synchronous_commit = off');
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hasty'`);
  await expect(store.transaction((transaction) => transaction.pipelines.list())).rejects.toEqual(
    failure('sink_refused', 'synchronous_commit=off'),
  );
  await store.close();
});

test('a database in another encoding is refused', async () => {
  await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  await expect(opens(server.options({ database: 'latin' }))).rejects.toEqual(failure('sink_refused', 'LATIN1'));
});

test('an old server is refused', () => {
  const row = {
    isStandby: false,
    readOnly: 'off',
    fsync: 'on',
    fullPageWrites: 'on',
    synchronousCommit: 'on',
    version: 130_000,
    encoding: 'UTF8',
  };
  expect(() => judgeServer(row, 'db:5432', 'change')).not.toThrow();
  expect(() => judgeServer({ ...row, version: 120_022 }, 'db:5432', 'change')).toThrow(failure('sink_refused', '120022'));
});

test('what does not answer, knows no such role or database, or wants another password, is unavailable', async () => {
  await expect(opens(server.options({ hosts: [{ host: '127.0.0.1', port: 1 }] }))).rejects.toEqual(
    failure('sink_unavailable', 'ECONNREFUSED'),
  );
  await expect(opens(server.options({ hosts: [{ host: 'no.such.host.invalid', port: 5432 }] }))).rejects.toEqual(
    failure('sink_unavailable'),
  );
  await expect(opens(server.options({ user: 'nobody_here' }))).rejects.toEqual(failure('sink_unavailable', 'nobody_here'));
  await expect(opens(server.options({ database: 'nowhere' }))).rejects.toEqual(failure('sink_unavailable', 'nowhere'));
});

test('names and texts are data, whatever they hold', async () => {
  const store = await PostgresStore.open(server.options());
  const pipeline = `'; DROP TABLE pipelines; --"\\ $1 {a,"b",NULL}`;
  const row = {
    ...{ pipeline, meaning: pipeline, scale: 0, unit: 'a\0b\ud800', ledgerId: 'x', ledgerSequence: 0 },
    ...{ stopReason: null, stoppedAtMs: null, closedThrough: '', prunedThrough: 0 },
  };
  await store.transaction(async ({ pipelines, totals }) => {
    await pipelines.insert(row);
    await totals.stage(pipeline, [{ period: pipeline, key: Buffer.from(pipeline), adjusts: '', sum: 1n, count: 1n, ordinal: 0 }]);
    expect(await totals.mergeStaged(pipeline)).toBeNull();
  });
  await store.snapshot(async ({ pipelines, totals }) => {
    // What a text of Postgres cannot hold is replaced.
    expect(await pipelines.list()).toEqual([{ ...row, unit: 'a\ufffdb\ufffd' }]);
    const [total] = await totals.page(pipeline, null, 10, pipeline);
    expect(Buffer.from(total?.key ?? []).toString()).toBe(pipeline);
    expect(await totals.read(pipeline, total === undefined ? [] : [total])).toEqual([total]);
    expect(await totals.page(pipeline, total ?? null, 10)).toEqual([]);
  });
  await store.close();
});

test('nothing of a transaction stays with its session', async () => {
  const options = server.options({ connections: 1 });
  const store = await PostgresStore.open(options);
  await store.transaction(async ({ totals }) => {
    const deltas = Array.from({ length: 6000 }, (_, index) => ({
      period: '',
      key: Buffer.from(`${index}`),
      adjusts: '',
      sum: 1n,
      count: 1n,
      ordinal: 0,
    }));
    await totals.stage('p', deltas);
    await totals.mergeStaged('p');
  });
  const left = await server.query(`SELECT relname FROM pg_class WHERE relpersistence = 't'`);
  expect(left).toEqual([]);
  await store.close();
});

describe('a connection that is encrypted', () => {
  const right = makeCertificate('IP:127.0.0.1,DNS:localhost');
  const wrong = makeCertificate('DNS:elsewhere.invalid');
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const [caFile, wrongCaFile] = [file('ca.pem', right.certificate), file('wrong-ca.pem', wrong.certificate)];
  const at = (host: string) => [{ host, port: server.port }];

  beforeAll(async () => {
    await server.query(`CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'open sesame'`);
    await server.stop();
    server.write(
      'data/pg_hba.conf',
      'hostssl all secret all scram-sha-256\nhostssl all tallyline all trust\nhost all tallyline 127.0.0.1/32 trust\n',
    );
    await serve(right);
  }, 60_000);
  async function serve({ key, certificate }: typeof right) {
    await server.stop();
    const files = { ssl_key_file: server.write('key.pem', key), ssl_cert_file: server.write('certificate.pem', certificate) };
    await server.run({ ssl: 'on', ...files });
  }

  test.each(['127.0.0.1', 'localhost'])('is made when the certificate of %s is signed by whom it must be', async (host) => {
    await opens(server.options({ hosts: at(host), tls: { mode: 'verify-full', caFile } }));
  });

  test('is made with whomever, where that is enough', async () => {
    await opens(server.options({ tls: { mode: 'require' } }));
  });

  test('is refused to a signature that is not trusted', async () => {
    await expect(opens(server.options({ tls: { mode: 'verify-full' } }))).rejects.toEqual(failure('sink_unavailable', 'self-signed'));
    await expect(opens(server.options({ tls: { mode: 'verify-full', caFile: wrongCaFile } }))).rejects.toEqual(failure('sink_unavailable'));
    await expect(opens(server.options({ tls: { mode: 'verify-full', caFile: `${caFile}.gone` } }))).rejects.toEqual(
      failure('sink_unavailable', 'ca.pem.gone cannot be read'),
    );
  });

  test('carries a password that a file or the environment holds, and no message does', async () => {
    const options = server.options({ user: 'secret', tls: { mode: 'verify-full', caFile } });
    await opens({ ...options, passwordFile: file('password', 'open sesame\n') });
    process.env['PGPASSWORD'] = 'open sesame';
    await opens(options);
    delete process.env['PGPASSWORD'];
    await expect(opens(options)).rejects.toEqual(failure('sink_unavailable'));
    const mistaken = opens({ ...options, passwordFile: file('password', 'open barley\n') });
    await expect(mistaken).rejects.toEqual(failure('sink_unavailable', 'password authentication failed'));
    await expect(mistaken).rejects.not.toThrow(/barley/);
    await expect(opens({ ...options, tls: { mode: 'disable' } })).rejects.toEqual(failure('sink_unavailable', 'no pg_hba.conf entry'));
  });

  test('is refused to a certificate for another name', async () => {
    await serve(wrong);
    for (const host of ['127.0.0.1', 'localhost']) {
      const options = server.options({ hosts: at(host), tls: { mode: 'verify-full', caFile: wrongCaFile } });
      await expect(opens(options)).rejects.toEqual(failure('sink_unavailable', 'altnames'));
    }
  });
});

describe('of several servers', () => {
  let standby: PostgresServer;
  beforeAll(async () => {
    await server.stop();
    server.write('data/pg_hba.conf', 'host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n');
    await server.run({});
    standby = await PostgresServer.copyOf(server);
    await standby.run();
  }, 60_000);
  afterAll(() => standby.remove());

  test('the one is taken that is no standby, and a standby alone is refused', async () => {
    const [primary, copy] = [server, standby].map(({ port }) => ({ host: '127.0.0.1', port }));
    const nobody = { host: '127.0.0.1', port: 1 };
    if (primary === undefined || copy === undefined) throw new Error('two servers');
    await opens(server.options({ hosts: [nobody, copy, primary] }));
    await expect(opens(server.options({ hosts: [copy] }))).rejects.toEqual(failure('sink_unavailable', 'connected to a standby'));
    const both = opens(server.options({ hosts: [nobody, copy] }));
    await expect(both).rejects.toEqual(failure('sink_unavailable', 'connected to a standby'));
    await expect(both).rejects.toEqual(failure('sink_unavailable', 'ECONNREFUSED'));
  });

  test('a server that was turned read-only is refused for changes', async () => {
    await server.query('CREATE ROLE frozen LOGIN SUPERUSER');
    await server.query('ALTER ROLE frozen SET default_transaction_read_only = on');
    await expect(opens(server.options({ user: 'frozen' }))).rejects.toEqual(failure('sink_unavailable', 'read-only'));
  });
});
