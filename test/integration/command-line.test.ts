/** The built command line, as scripts use it: outputs, exit codes, and errors that say what to do. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

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

  test('without a Temporal server what needs one ends with 3 and says where it looked', async () => {
    const config = join(folder, 'tallyline.yaml');
    await writeFile(
      config,
      'temporal: { address: "127.0.0.1:1" }\npipelines:\n  - name: a\n    source: { kind: directory, id: in, root: ./in }\n',
    );
    const { status, stderr } = run('schedule', 'show', '--config', config);
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
    database.prepare('UPDATE totals SET sum = sum + 1 WHERE key = (SELECT min(key) FROM totals)').run();
    expect(run('verify', '--config', bed.configPath)).toMatchObject({ status: 1 });
    expect((await bed.sink.readPipeline(PIPELINE))?.stopReason).toContain('verify');
    database.prepare('UPDATE totals SET sum = sum - 1 WHERE key = (SELECT min(key) FROM totals)').run();
    database.close();
    expect(run('resume', '--config', bed.configPath, '--by', 'test', '--reason', 'repaired')).toMatchObject({ status: 0 });
    expect(run('verify', '--config', bed.configPath)).toMatchObject({ status: 0 });
  });
});
