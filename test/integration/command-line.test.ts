/** The built command line, as scripts use it: outputs, exit codes, and errors that say what to do. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeSample, type Truth } from '../helpers/sample-files';
import { findFreePort } from '../../src/workers/dev-server';
import { eventually } from '../helpers/eventually';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Ended {
  return runWith({}, ...args);
}

function runWith(environment: Record<string, string>, ...args: readonly string[]): Ended {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', timeout: 60_000, env });
  return { status, stdout, stderr };
}

/** A stack trace is for defects only. */
const STACK = /^ +at /m;

describe('without a server', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyline-cli-'));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  test('help teaches and ends with 0', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    for (const verb of [
      'up',
      'worker',
      'setup',
      'schedule',
      'count',
      'totals',
      'files',
      'receipt',
      'rejects',
      'backfill',
      'status',
      'verify',
      'emit',
      'resume',
      'quarantine',
      'config',
    ]) {
      expect(stdout).toContain(`  ${verb}`);
    }
    expect(stdout).toContain('Exit codes');
  });

  test('count prints totals as CSV and JSON', async () => {
    const file = join(folder, 'a.txt');
    await writeFile(file, '123 12345\n7 881\n123 5\n');
    expect(run('count', file, '--output', 'csv')).toMatchObject({ status: 0, stdout: 'key,sum,count\n123,12350,2\n7,881,1\n' });
    expect(JSON.parse(run('count', file, '--output', 'json').stdout)).toMatchObject({
      receipts: [{ file, bytes: 22, lines: 3, records: 3, blanks: 0, rejects: {}, unterminatedLastLine: false }],
      totals: [
        { key: ['123'], sum: '12350', count: '2' },
        { key: ['7'], sum: '881', count: '1' },
      ],
    });
  });

  test('count of a file with many rejects still prints the accepted totals, and ends with 1', async () => {
    const file = join(folder, 'bad.txt');
    await writeFile(file, '1 2\nx\n1 y\n');
    const { status, stdout, stderr } = run('count', file, '--output', 'csv');
    expect([status, stdout]).toEqual([1, 'key,sum,count\n1,2,1\n']);
    expect(stderr).toContain('value_syntax');
  });

  test('emit writes the files that it says, and count agrees with its totals', () => {
    const emitted = run(
      'emit',
      '--out',
      folder,
      '--files',
      '2',
      '--min-size',
      '100KB',
      '--max-size',
      '200KB',
      '--seed',
      '3',
      '--output',
      'csv',
    );
    expect(emitted.status).toBe(0);
    const files = spawnSync('ls', [folder], { encoding: 'utf8' }).stdout.trim().split('\n');
    expect(files).toHaveLength(2);
    expect(run('count', ...files.map((file) => join(folder, file)), '--output', 'csv').stdout).toBe(emitted.stdout);
  });

  test('wrong usage and a bad configuration end with 2, and the configuration lists every error with its line', async () => {
    expect(run('no-such-verb').status).toBe(2);
    const config = join(folder, 'tallyline.yaml');
    await writeFile(
      config,
      'pipelines:\n  - name: Bad Name\n    source: { kind: directory, id: in, root: ./in, quietPeriod: soon }\n    colour: red\n',
    );
    const { status, stderr } = run('config', 'check', '--config', config);
    expect(status).toBe(2);
    for (const fault of ['tallyline.yaml:2:', 'tallyline.yaml:3:', 'tallyline.yaml:4:', 'quietPeriod', 'colour'])
      expect(stderr).toContain(fault);
  });

  const offline = 'temporal: { address: "127.0.0.1:1" }\npipelines:\n  - name: a\n    source: { kind: directory, id: in, root: ./in }\n';

  test.each(['totals', 'files', 'receipt a', 'rejects a', 'quarantine list', 'status', 'verify', 'resume --by me --reason why'])(
    '`%s` where no database is creates none, says so and ends with 3',
    async (verb) => {
      const config = join(folder, 'tallyline.yaml');
      await writeFile(config, offline);
      const { status, stdout, stderr } = run(...verb.split(' '), '--config', config);
      expect([status, stdout]).toEqual([3, '']);
      expect(stderr).toContain(`there is no database at ${join(folder, '.tallyline', 'tallyline.db')}`);
      expect(existsSync(join(folder, '.tallyline'))).toBe(false);
    },
  );

  test('a backfill that chooses nothing or too much is refused before a server is asked', async () => {
    const config = join(folder, 'tallyline.yaml');
    await writeFile(config, offline);
    const refused = (...choice: readonly string[]) => run('backfill', 'run', '--config', config, ...choice);
    expect(refused()).toMatchObject({ status: 2, stderr: expect.stringContaining('exactly one of') });
    expect(refused('--prefix', 'a', '--keys', 'b')).toMatchObject({ status: 2, stderr: expect.stringContaining('exactly one of') });
    const keys = Array.from({ length: 501 }, (_, index) => `${index}.txt`);
    expect(refused('--keys', ...keys)).toMatchObject({ status: 2, stderr: expect.stringContaining('501') });
  });

  test.each([
    [2, '--min-size', ['--min-size', '2MB', '--max-size', '1MB']],
    [2, '--ids', ['--ids', '0']],
    [2, '--seed', ['--seed', 'abc']],
    [3, '/dev/null/out', ['--files', '1', '--min-size', '1KB', '--max-size', '1KB', '--out', '/dev/null/out']],
  ])('emit ends with %d and names %s when that is wrong', (status, name, options) => {
    const ended = run('emit', '--out', join(folder, 'out'), ...options);
    expect(ended).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(name) });
    expect(ended.stderr).not.toMatch(STACK);
  });

  test('demo with a folder of somebody else, or a seed that is no number, ends with 2 and touches nothing', async () => {
    await writeFile(join(folder, 'precious'), 'kept');
    expect(run('demo', '--exit', '--folder', folder)).toMatchObject({ status: 2, stderr: expect.stringContaining(folder) });
    expect(run('demo', '--exit', '--seed', 'abc')).toMatchObject({ status: 2, stderr: expect.stringContaining('--seed') });
    expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('kept');
  });

  test('up refuses a Temporal server elsewhere, since it runs its own', async () => {
    const config = join(folder, 'tallyline.yaml');
    await writeFile(config, offline);
    const { status, stderr } = runWith({ TEMPORAL_ADDRESS: 'temporal.example:7233' }, 'up', '--config', config);
    expect([status, stderr]).toEqual([2, expect.stringContaining('temporal.example:7233')]);
    expect(existsSync(join(folder, '.tallyline'))).toBe(false);
  });

  test('messages about plain files and flags do not speak of releasing a file or of lines of a configuration', () => {
    const missing = run('count', join(folder, 'missing.txt'));
    expect(missing).toMatchObject({ status: 3, stderr: expect.stringContaining('missing.txt') });
    const wrong = run('count', '--fields', '1', 'a.txt');
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('--fields') });
    for (const { stderr } of [missing, wrong]) expect(stderr).not.toMatch(/release|touch|lines named above/);
  });

  test('a reader that ends early, as head does, is no error', async () => {
    const file = join(folder, 'a.txt');
    await writeFile(file, Array.from({ length: 100_000 }, (_, index) => `${index} 1\n`).join(''));
    const pipe = `set -o pipefail; "$0" "$1" count "$2" --output csv | head -1`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', pipe, process.execPath, BIN, file], { encoding: 'utf8', timeout: 60_000 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'key,sum,count\n', stderr: '' });
  });

  test('without a Temporal server what needs one ends with 3 and says where it looked', async () => {
    const config = join(folder, 'tallyline.yaml');
    await writeFile(config, offline);
    const { status, stderr } = run('backfill', 'run', '--config', config, '--prefix', 'a');
    expect(status).toBe(3);
    expect(stderr).toContain('127.0.0.1:1');
  });
});

describe('with a pipeline', () => {
  let bed: TestBed;
  const truth: Truth = new Map();
  beforeAll(async () => {
    bed = await TestBed.create();
    await writeSample(bed.incoming, 'a.txt', { seed: 1, lines: 1_000 }, truth);
    await writeFile(join(bed.incoming, 'bad.txt'), '1 2\noops\n');
    await bed.startWorker();
    await bed.scan();
    await bed.untilDone(2);
  });
  afterAll(async () => bed.destroy());

  test('totals, files, receipt, rejects, status and verify answer', () => {
    const totals = run('totals', '--config', bed.configPath, '--output', 'csv');
    expect(totals.status).toBe(0);
    expect(totals.stderr).toMatch(/ledger sequence \d+/);
    const rows = totals.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    expect(new Map(rows.map(([key, sum]) => [key, BigInt(sum!)]))).toEqual(truth);
    expect(run('files', '--config', bed.configPath).stdout).toMatch(/a\.txt +in/);
    expect(run('quarantine', 'list', '--config', bed.configPath).stdout).toContain('reject_budget');
    expect(JSON.parse(run('receipt', 'a.txt', '--config', bed.configPath, '--output', 'json').stdout)).toMatchObject({ records: 1_000 });
    expect(run('rejects', 'bad.txt', '--config', bed.configPath).stdout).toMatch(/too_few_fields +4 +oops/);
    expect(run('status', '--config', bed.configPath).stdout).toContain('reject_budget');
    expect(run('verify', '--config', bed.configPath)).toMatchObject({ status: 0 });
    expect(run('receipt', 'no-such-file', '--config', bed.configPath).status).toBe(2);
  });

  test('setup and schedule are idempotent, and the schedule can be paused, resumed, triggered and shown', () => {
    for (let time = 0; time < 2; time += 1) {
      expect(run('setup', '--config', bed.configPath).status).toBe(0);
      expect(run('schedule', 'apply', '--config', bed.configPath).status).toBe(0);
    }
    expect(run('schedule', 'pause', '--config', bed.configPath).status).toBe(0);
    expect(run('schedule', 'show', '--config', bed.configPath).stdout).toContain('paused');
    expect(run('schedule', 'resume', '--config', bed.configPath).status).toBe(0);
    expect(run('schedule', 'trigger', '--config', bed.configPath).status).toBe(0);
  });

  test('a namespace that the server lacks ends with 3 and a sentence', () => {
    for (const verb of ['setup', 'schedule show', 'schedule apply', 'backfill run --prefix a', 'worker']) {
      const { status, stderr } = runWith({ TEMPORAL_NAMESPACE: 'nowhere' }, ...verb.split(' '), '--config', bed.configPath);
      expect([verb, status, stderr]).toEqual([verb, 3, expect.stringContaining('temporal_unavailable')]);
      expect(stderr).toContain('nowhere');
      expect(stderr).not.toMatch(STACK);
    }
  });

  test('a pipeline that was never counted is said to be so, is not registered by asking, and by setup', async () => {
    const several = join(bed.folder, 'several.yaml');
    const text = await readFile(bed.configPath, 'utf8');
    await writeFile(several, `${text}  - name: later\n    source: { kind: directory, id: later, root: ./later }\n`);
    const asked = run('totals', '--pipeline', 'later', '--config', several);
    expect(asked).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('has no pipeline later yet (it has usage)') });
    const all = run('status', '--config', several, '--output', 'json');
    expect(all).toMatchObject({ status: 2, stderr: expect.stringContaining('has no pipeline later yet') });
    expect(JSON.parse(all.stdout)).toMatchObject({ pipelines: [{ pipeline: { pipeline: PIPELINE } }] });
    expect(await bed.sink.readPipeline('later')).toBeNull();

    expect(run('setup', '--config', several)).toMatchObject({ status: 0, stderr: expect.stringContaining('usage, later') });
    const both = JSON.parse(run('status', '--config', several, '--output', 'json').stdout) as { pipelines: unknown[] };
    expect(both.pipelines).toMatchObject([{ pipeline: { pipeline: PIPELINE } }, { pipeline: { pipeline: 'later' } }]);
    expect(run('status', '--config', several).stdout).toMatch(/^pipeline usage: [^]*^pipeline later: /m);
    const named = run('status', '--config', several, '--pipeline', PIPELINE, '--output', 'json');
    expect(JSON.parse(named.stdout)).toEqual(both.pipelines[0]);
    expect(JSON.parse(run('status', '--config', bed.configPath, '--output', 'json').stdout)).toEqual(both.pipelines[0]);
  });

  test('a backfill that fails tells why in a sentence and ends by its code', () => {
    const { status, stdout, stderr } = run('backfill', 'run', '--keys', '../outside.txt', '--config', bed.configPath);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/backfill:usage:.* failed: "\.\.\/outside\.txt" .*unknown_file/);
    expect(stderr).not.toMatch(STACK);
  });

  test('a changed scale is refused by the command line and by the worker, and the totals stay', async () => {
    await bed.writeConfig({ format: { scale: 2 } });
    const { status, stderr } = run('totals', '--config', bed.configPath);
    expect([status, stderr]).toEqual([2, expect.stringContaining('pipeline_differs')]);
    expect(run('worker', '--config', bed.configPath)).toMatchObject({ status: 2 });
    await bed.writeConfig();
    expect(await bed.sums()).toEqual(truth);
  });

  test('a damaged total stops the pipeline until it is resumed', async () => {
    const database = await import('better-sqlite3').then(({ default: Database }) => new Database(join(bed.folder, 'tallyline.db')));
    database.prepare('UPDATE totals_rows SET sum = sum + 1 WHERE key = (SELECT min(key) FROM totals_rows)').run();
    expect(run('verify', '--config', bed.configPath)).toMatchObject({ status: 1 });
    expect((await bed.sink.readPipeline(PIPELINE))?.stopReason).toContain('verify');
    database.prepare('UPDATE totals_rows SET sum = sum - 1 WHERE key = (SELECT min(key) FROM totals_rows)').run();
    database.close();
    expect(run('resume', '--config', bed.configPath, '--by', 'test', '--reason', 'repaired')).toMatchObject({ status: 0 });
    expect(run('verify', '--config', bed.configPath)).toMatchObject({ status: 0 });
  });
});

test('up serves at temporal.address, and removes the schedule of a pipeline that its configuration no longer has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyline-up-'));
  const config = join(folder, 'tallyline.yaml');
  const [port, uiPort] = [await findFreePort(), await findFreePort()];
  const head = `temporal: { address: "localhost:${port}" }\nworker: { metricsAddress: "127.0.0.1:0" }\npipelines:\n`;
  const pipeline = (name: string) => `  - name: ${name}\n    source: { kind: directory, id: in, root: ./${name} }\n`;
  const upUntil = async (line: string): Promise<string> => {
    const child = spawn(process.execPath, [BIN, 'up', '--config', config, '--ui-port', String(uiPort)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exited = new Promise((resolve) => child.once('close', resolve));
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    try {
      await eventually(`up to say ${line}`, () => said.includes(line) || child.exitCode !== null);
      expect(run('schedule', 'show', '--config', config, '--pipeline', 'kept').stdout).toContain('scan:kept:in');
      return said;
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  };
  try {
    await Promise.all(['kept', 'given-up'].map((name) => mkdir(join(folder, name))));
    await writeFile(config, head + pipeline('kept') + pipeline('given-up'));
    expect(await upUntil('Pipeline given-up takes files')).not.toContain('removed');
    await writeFile(config, head + pipeline('kept'));
    expect(await upUntil('Pipeline kept takes files')).toContain('removed scan:given-up:in');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
