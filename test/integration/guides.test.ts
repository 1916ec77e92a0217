/**
 * Every command of the README, the guides and the runbooks, from their own text: a shell runs it against real servers, or it says here
 * why not. Those that run nothing durable come first, then what `tallyline up` serves, then a Temporal of one's own.
 */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { guidePages, inlineCommands, loadGuide, REPOSITORY, type GuideCommand } from '../helpers/guide-commands';
import { runGuide, type GuideRun, type Replacement, type Steps } from '../helpers/guide-run';
import { GuideShell, type Background } from '../helpers/guide-shell';
import { PostgresServer } from '../helpers/postgres-server';
import { eventually } from '../helpers/eventually';
import { stringify } from 'yaml';
import type { FileState } from '../../src/core/file-row';
import { findFreePort } from '../../src/workers/dev-server';

const READY = /worker is ready/;
let serving: GuideShell;
let address: string;
const tried = new Set<string>();
const shells: GuideShell[] = [];
afterAll(async () => {
  for (const shell of shells.reverse()) await shell.destroy();
});

async function newShell(environment: Record<string, string> = {}): Promise<GuideShell> {
  const shell = await GuideShell.create(environment);
  shells.push(shell);
  return shell;
}

async function follow(run: GuideRun): Promise<void> {
  tried.add(run.page);
  await runGuide(run);
}

const NEEDS_DOCKER = 'needs Docker; test/docs/docker-compose.test.ts holds the file against the product';

describe('without a server', () => {
  test('count: files, a pipe and an archive', async () => {
    const shell = await newShell();
    const csv = 'key,sum,count\n123,501,2\n7,20,1\n';
    await follow({
      page: 'docs/guides/count.md',
      shell,
      steps: {
        'tallyline count usage.txt --output csv': { stdout: csv },
        'tallyline count *.txt': { after: async ({ stdout }) => expect(JSON.parse(stdout)).toHaveProperty('receipts.0.contentDigest') },
        zcat: { before: () => shell.must('mkdir archive && gzip --keep --stdout usage.txt > archive/usage.txt.gz'), stdout: /123 +501/ },
        'tallyline count archive/*.gz': { stdout: /123 +501/ },
      },
    });
  });

  test('csv and gzip: totals of the emitter and of the counter are equal', async () => {
    const steps = { 'tallyline count usage.csv': { stdout: /Smith, Jane +1\.50/ } };
    await follow({ page: 'docs/guides/csv.md', shell: await newShell(), steps });
    await follow({ page: 'docs/guides/gzip.md', shell: await newShell() });
  });

  test('manifests: the command prints the digest that the example has', async () => {
    const shell = await newShell();
    await writeFile(join(shell.folder, 'usage.txt'), '123 12345\n7 881\n123 5\n');
    const guide = await readFile(join(REPOSITORY, 'docs/guides/manifests.md'), 'utf8');
    const [, digest = ''] = /"contentDigest": "(\w+)"/.exec(guide) ?? [];
    await follow({ page: 'docs/guides/manifests.md', shell, steps: { split: { stdout: `${digest}  -\n` } } });
  });

  test('compose: the secrets are made where the containers look for them', async () => {
    const shell = await newShell();
    await follow({ page: 'docs/guides/compose.md', shell, steps: { docker: { notRun: NEEDS_DOCKER } } });
    const compose = await readFile(join(REPOSITORY, 'docker-compose.yml'), 'utf8');
    for (const [, name] of compose.matchAll(/\.\/(secrets\/[\w-]+)/g)) await readFile(join(shell.folder, name!), 'utf8');
    expect(await readFile(join(shell.folder, '.env'), 'utf8')).toMatch(/^TEMPORAL_DATABASE_PASSWORD=[0-9a-f]{48}\n$/);
  });

  test('observe: the rules and the configuration of alerts are in order', async () => {
    await follow({ page: 'docs/guides/observe.md', shell: await newShell() });
  });

  test('object storage: tests against a storage of somebody else are not run', async () => {
    const notRun = 'needs credentials of a storage; the same tests run against a Ceph of their own';
    await follow({ page: 'docs/guides/object-storage.md', shell: await newShell(), steps: { TALLYLINE_S3_ENDPOINT: { notRun } } });
  });
});

describe('with what `tallyline up` serves', () => {
  let shell: GuideShell;
  let uiPort: number;
  beforeAll(async () => {
    address = `127.0.0.1:${await findFreePort()}`;
    uiPort = await findFreePort();
    shell = await newShell({ TEMPORAL_ADDRESS: address, TEMPORAL_CLI_ADDRESS: address });
    serving = shell;
  });

  test('README: a pipeline of your own, in five minutes', async () => {
    const notRun = 'installs and builds this repository, as everything did that runs this test';
    await follow({
      page: 'README.md',
      shell,
      steps: {
        'npm start': { notRun },
        'npm test': { notRun },
        'npm ci': { notRun },
        'cat > tallyline.yaml': {
          after: () => appendFile(join(shell.folder, 'tallyline.yaml'), 'worker: { metricsAddress: "127.0.0.1:0" }\n'),
        },
        'bin/tallyline up': { background: /Pipeline usage takes files/, append: ` --ui-port ${uiPort}` },
        printf: { after: () => shell.must(`touch --date '1 minute ago' incoming/first.txt && tallyline schedule trigger`) },
        'bin/tallyline files': { until: /first\.txt.* in / },
        'bin/tallyline totals': {
          after: async ({ stdout, command }) => {
            const figures = [...command.comment.matchAll(/(\S+): (\d+)/g)];
            expect(figures).toHaveLength(2);
            for (const [, key, sum] of figures) expect(stdout).toMatch(new RegExp(`^${key} +${sum} `, 'm'));
          },
        },
      },
    });
  });

  test('backfill: by the command line, by `temporal` and by `tctl`', async () => {
    await shell.must('tallyline schedule pause');
    const counts = (name: string, modified?: Date) => ({
      before: () => shell.put(name, `${name} 1\n`, modified),
      after: () => shell.until('in', name),
    });
    const hasTctl = process.env['TALLYLINE_TCTL'] !== undefined || process.env['CI'] !== undefined;
    await follow({
      page: 'docs/guides/backfill.md',
      shell,
      steps: {
        'tallyline backfill run --prefix': counts('2026/11/a.txt'),
        'tallyline backfill run --keys': {
          ...counts('b.txt'),
          before: () => Promise.all(['a.txt', 'b.txt'].map((name) => shell.put(name, `${name} 1\n`))),
        },
        'tallyline backfill run --from': counts('by-date.txt', new Date('2026-11-15T12:00:00Z')),
        'temporal workflow start': { before: counts('2026/11/by-temporal.txt').before },
        'temporal workflow result': { stdout: /Status +COMPLETED/, after: counts('2026/11/by-temporal.txt').after },
        'tctl workflow start': hasTctl ? counts('2026/11/by-tctl.txt') : { notRun: 'tctl could not be built here, which fails in CI' },
      },
    });
  });

  test('runbooks: what they have one look at, and mend by', async () => {
    const bad = async (content: string): Promise<void> => {
      await shell.put('bad.txt', content);
      await shell.must('tallyline schedule trigger');
      await shell.until('quarantined', 'bad.txt');
    };
    await bad('123 1\n123 x\n');
    const finished = async (): Promise<string> => {
      const { fileId, version } = await shell.until('in', 'b.txt');
      return `file:usage:${fileId}:${version}`;
    };
    const put = (by: number) => async () => addToTotals(shell, by);
    const steps: Record<string, Steps> = {
      'files-quarantined': {
        'tallyline quarantine list': { stdout: /bad\.txt.*reject_budget/ },
        'tallyline rejects': { stdout: /value_syntax/ },
        'tallyline quarantine release': { append: ' --accept-rejects', after: () => shell.until('in', 'bad.txt') },
      },
      'late-mismatch': {
        'tallyline supersede': { before: () => bad('123 1\n123 2\n'), after: () => shell.until('in', 'bad.txt') },
        'tallyline retract': { after: () => shell.until('out', 'bad.txt') },
      },
      'non-determinism': {
        'temporal workflow terminate': {
          replace: [[/"\.\.\."/, "\"WorkflowType='fileWorkflow' AND ExecutionStatus='Running'\""]],
          input: 'y\n',
        },
      },
      'rejects-high': {
        'tallyline supersede': {
          replace: [[/FILE/, 'first.txt']],
          before: async () => {
            await shell.put('first.txt', '123 500\n7 20\n123 2\n');
            await shell.must('tallyline schedule trigger');
            await shell.until('quarantined', 'first.txt');
          },
          after: () => shell.until('in', 'first.txt'),
        },
      },
      'pipeline-stopped': {
        'tallyline resume': {
          before: async () => {
            await put(1)();
            await shell.run('tallyline verify');
            await put(-1)();
          },
        },
      },
      'totals-wrong': {
        'tallyline verify --pipeline': { before: put(1), status: 1, stdout: /123/, after: put(-1) },
      },
    };
    const done = new Set<string>();
    for (const page of guidePages().filter((name) => name.includes('runbooks'))) {
      const own = steps[basename(page, '.md')] ?? {};
      const isNew = ({ text }: GuideCommand): boolean =>
        !done.has(text) || Object.keys(own).some((beginning) => text.startsWith(beginning));
      const commands = inlineCommands(loadGuide(page)).filter(isNew);
      for (const { text } of commands) done.add(text);
      await follow({
        page,
        shell,
        commands,
        steps: own,
        replace: [
          [/NAME/, 'usage'],
          [/FILE/, 'bad.txt'],
          [/KEY/, '123'],
          [/YOU/, 'alice'],
          [/\bID\b/, finished],
        ],
      });
    }
    await shell.must('tallyline verify --source');
  });
});

describe('with a Temporal of your own, which is a namespace of the same server', () => {
  let shell: GuideShell;
  let workers: Background[] = [];
  const scanUntil = async (state: FileState, ...names: readonly string[]): Promise<void> => {
    await shell.must('tallyline schedule trigger');
    await shell.until(state, ...names);
  };
  const startWorker = async (options = ''): Promise<void> => {
    workers.push(await shell.start(`tallyline worker${options}`, READY));
  };
  const stopWorkers = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
  };
  const noneRuns = () =>
    eventually('all file workflows to be closed', async () => {
      const query = `WorkflowType='fileWorkflow' AND ExecutionStatus='Running'`;
      return (await shell.must(`temporal workflow count --query "${query}"`)).stdout.trim() === 'Total: 0';
    });
  beforeAll(async () => {
    const namespace = 'billing';
    await serving.must(`temporal operator namespace create --namespace ${namespace}`);
    shell = await newShell({ TEMPORAL_CONFIG_FILE: './temporal.toml', TEMPORAL_CLI_ADDRESS: address });
    await writeFile(join(shell.folder, 'temporal.toml'), `[profile.default]\naddress = "${address}"\nnamespace = "${namespace}"\n`);
    const byAddress = loadGuide('docs/guides/temporal.md').data.find(({ lines: [first] }) => first === 'temporal:');
    const pipeline = {
      name: 'usage',
      source: { kind: 'directory', id: 'incoming', root: './incoming' },
      schedule: { every: '1h' },
      format: { fields: 3 },
      period: { from: 'record', unit: 'month', field: 3, timestamp: 'iso8601' },
    };
    const rest = stringify({ worker: { metricsAddress: '127.0.0.1:0' }, pipelines: [pipeline] });
    const temporal = byAddress!.lines.join('\n').replace('temporal.example:7233', address);
    await writeFile(join(shell.folder, 'tallyline.yaml'), `${temporal}\n${rest}`);
    await mkdir(join(shell.folder, 'incoming'));
  });
  const put = (name: string, lines: string) => shell.put(name, lines.replaceAll(';', '\n'));

  test('temporal: what is set up, asked and done by hand', async () => {
    const fileId = (name: string): Replacement => [
      /FILEID/,
      async () => (await shell.rows()).find((row) => row.sourceKey === name)!.fileId,
    ];
    await follow({
      page: 'docs/guides/temporal.md',
      shell,
      steps: {
        // The server takes a moment to know a new namespace.
        'tallyline setup': { until: /(?:)/ },
        'tallyline worker': {
          background: READY,
          after: async (ran) => {
            await put('bad.txt', '123 1 2025-01-01T00:00:00Z;no record;');
            await scanUntil('quarantined', 'bad.txt');
            await noneRuns();
            await ran.background?.stop();
            await startWorker(' --roles orchestrate,scan,apply');
            for (const [index, name] of ['first.txt', 'second.txt', 'third.txt'].entries())
              await put(name, `${index} 1 2025-01-0${index + 1}T00:00:00Z;`);
            await scanUntil('seen', 'first.txt', 'second.txt', 'third.txt');
          },
        },
        'echo "2026-11': {
          after: async () => expect(await readFile(join(shell.folder, 'temporal-keys'), 'utf8')).toMatch(/^2026-11 [\w+/]{43}=\n$/),
        },
        'temporal workflow list --query "WorkflowType': { until: /(?:Running +file:usage:[^]*){3}/ },
        'temporal workflow list --query "TallylineState': { until: /Failed +file:usage:/ },
        'temporal schedule toggle --schedule-id scan:usage:incoming --pause': {
          after: async () => expect((await shell.must('tallyline schedule show')).stdout).toMatch(/emitter is being moved/),
        },
        'temporal schedule trigger': {
          before: () => put('fourth.txt', '4 1 2025-01-04T00:00:00Z;'),
          after: () => shell.until('seen', 'fourth.txt'),
        },
        'temporal workflow cancel': {
          // Nobody can count it, and there is a counter to set it aside.
          before: async () => {
            await shell.must('mv incoming away');
            await startWorker(' --roles count');
          },
          replace: [fileId('first.txt')],
          after: async () => expect(await shell.until('quarantined', 'first.txt')).toMatchObject({ reason: 'cancelled' }),
        },
        'temporal workflow terminate --workflow-id': { replace: [fileId('second.txt')] },
        'temporal workflow terminate --query': { input: 'y\n' },
      },
    });
    await noneRuns();
    await shell.must('mv away incoming');
    await scanUntil('in', 'second.txt', 'third.txt', 'fourth.txt');
  });

  test('recover: a file that was set aside is counted, and a sink that was lost is restored', async () => {
    await follow({
      page: 'docs/guides/recover.md',
      shell,
      replace: [[/FILE/, 'first.txt']],
      steps: {
        'tallyline quarantine release': { after: () => shell.until('in', 'first.txt') },
        'tallyline status': { stdout: /bad\.txt|reject_budget/ },
        'tallyline quarantine list': { stdout: /bad\.txt/ },
        'tallyline rejects': { replace: [[/FILE/, 'bad.txt']], stdout: /no record/ },
        sqlite3: {
          after: async () => {
            await put('later.txt', '5 1 2025-01-05T00:00:00Z;');
            await scanUntil('in', 'later.txt');
            await stopWorkers();
            await shell.must('mv backup.db .tallyline/tallyline.db && rm -f .tallyline/tallyline.db-wal .tallyline/tallyline.db-shm');
          },
        },
      },
    });
    await startWorker();
    await scanUntil('in', 'later.txt');
    expect((await shell.totals()).map(({ sum }) => sum)).toEqual([1n, 1n, 1n, 1n, 1n]);
  });

  test('correct: what its commands print is what it shows, of last year', async () => {
    const guide = loadGuide('docs/guides/correct.md');
    const lastYear: Replacement = [/2026(?=[-/]1[12])/g, '2025'];
    const close = inlineCommands(guide)
      .find(({ text }) => text.startsWith('tallyline period close'))!
      .text.replace(...(lastYear as [RegExp, string]));
    const by = '--by alice --reason "delivered by mistake"';
    let plan = '';
    await follow({
      page: guide.page,
      shell,
      replace: [lastYear, [/p-1f0c2a9b/, () => plan]],
      steps: {
        [`tallyline retract 2026/11/a.txt ${by} --dry-run`]: {
          before: async () => {
            await put('2025/11/a.txt', '7 5 2025-11-02T00:00:00Z;');
            await put('2025/11/b.txt', '123 20 2025-11-03T00:00:00Z;');
            await put('2025/12/c.txt', '123 100 2025-12-01T00:00:00Z;123 200 2025-12-02T00:00:00Z;123 200 2025-12-02T00:00:00Z;');
            await scanUntil('in', '2025/11/a.txt', '2025/11/b.txt', '2025/12/c.txt');
          },
          stdout: /-5/,
          after: () => shell.until('in', '2025/11/a.txt'),
        },
        [`tallyline retract 2026/11/a.txt ${by}`]: { after: () => shell.until('out', '2025/11/a.txt') },
        'tallyline backfill plan': {
          after: async ({ stdout, stderr }) => {
            plan = /p-[0-9a-f]{8}/.exec(stdout + stderr)![0];
          },
        },
        'tallyline backfill plans': { stdout: /applied/ },
        'temporal workflow start': { after: () => shell.must('temporal workflow result --workflow-id plan-november') },
        'tallyline totals --period': { before: () => shell.must(`${close} ${by} && tallyline retract 2025/11/b.txt ${by}`) },
      },
    });
  });

  test('upgrade: a build becomes the current one, and the other can be asked about', async () => {
    await follow({
      page: 'docs/guides/upgrade.md',
      shell,
      steps: {
        'temporal worker deployment set-current-version': {
          before: () =>
            Promise.all(
              ['0.1.0', '0.2.0'].map((build) => shell.start('tallyline worker --roles orchestrate', READY, { TALLYLINE_BUILD_ID: build })),
            ),
          // It is refused until the server has heard of the build's workers.
          until: /(?:)/,
        },
        'temporal worker deployment describe-version': { until: /0\.1\.0/ },
      },
    });
  });
});

test('postgres: a role, a schema and a reader of it', async () => {
  const shell = await newShell({ TEMPORAL_ADDRESS: address });
  const server = await PostgresServer.start();
  try {
    await server.query('CREATE ROLE analyst');
    const [block] = loadGuide('docs/guides/postgres.md').data;
    const config = block!.lines
      .join('\n')
      .replace(/hosts: .*/, `hosts: ['127.0.0.1:${server.port}']`)
      .replace(/tls: .*/, 'tls: { mode: disable }');
    await writeFile(join(shell.folder, 'tallyline.yaml'), config.replace('user: tallyline', 'user: meter'));
    await writeFile(join(shell.folder, 'postgres-password'), 'unused\n', { mode: 0o600 });
    const psql = (database: string): Replacement => [
      /^[^]+$/,
      `psql --quiet --set ON_ERROR_STOP=1 --host 127.0.0.1 --port ${server.port} --username tallyline ${database} <<'END'\n$&\nEND`,
    ];
    // The server of the tests has that name for its superuser.
    const owner: Replacement = [/(?<=ROLE |OWNER )tallyline/, 'meter'];
    await follow({
      page: 'docs/guides/postgres.md',
      shell,
      steps: { CREATE: { replace: [owner, psql('postgres')] }, GRANT: { replace: [psql('billing')] } },
    });
    const [{ count }] = (await server.query("SELECT count(*) FROM pg_roles WHERE rolname = 'meter'")) as [{ count: string }];
    expect(count).toBe('1');
  } finally {
    await server.remove();
  }
});

test('commands of Temporal that sentences of the guides name exist', async () => {
  const named = guidePages()
    .filter((page) => !page.includes('runbooks'))
    .flatMap((page) => inlineCommands(loadGuide(page)))
    .filter(({ text }) => /^(?:temporal|tctl) /.test(text));
  expect(named).not.toEqual([]);
  for (const { text } of named) expect((await serving.must(`${text} --help`)).stdout).toContain(`\n  ${text} [`);
});

test('no page with commands is left out', () => {
  const pages = guidePages().filter((page) => loadGuide(page).commands.length > 0 || page.includes('runbooks'));
  expect(pages.filter((page) => !tried.has(page))).toEqual([]);
});

async function addToTotals({ folder }: GuideShell, amount: number): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(folder, '.tallyline', 'tallyline.db'));
  database.prepare(`UPDATE totals_rows SET sum = sum + ? WHERE key = CAST('123' AS BLOB)`).run(amount);
  database.close();
}
