/** A namespace of the same server is the Temporal of one's own: set up, used by hand, recovered, corrected and upgraded. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { FileState } from '../../../src/core/file-row';
import { eventually } from '../../helpers/eventually';
import { inlineCommands, loadGuide } from '../../helpers/guide-commands';
import type { Replacement } from '../../helpers/guide-run';
import type { Background, GuideShell } from '../../helpers/guide-shell';
import { ANYTHING, WORKER_READY, type GuideWorld } from '../../helpers/guide-world';

export function testGuidesWithOwnTemporal(world: GuideWorld): void {
  describe('with a Temporal of your own, which is a namespace of the same server', () => {
    let shell: GuideShell;
    let workers: Background[] = [];
    const scanUntil = async (state: FileState, ...names: readonly string[]): Promise<void> => {
      await shell.must('tallyline schedule trigger');
      await shell.until(state, ...names);
    };
    const startWorker = async (options = ''): Promise<void> => {
      workers.push(await shell.start(`tallyline worker${options}`, WORKER_READY));
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
      await world.serving.must(`temporal operator namespace create --namespace ${namespace}`);
      shell = await world.newShell({ TEMPORAL_CONFIG_FILE: './temporal.toml', TEMPORAL_CLI_ADDRESS: world.address });
      await writeFile(join(shell.folder, 'temporal.toml'), `[profile.default]\naddress = "${world.address}"\nnamespace = "${namespace}"\n`);
      const byAddress = loadGuide('docs/guides/temporal.md').data.find(({ lines: [first] }) => first === 'temporal:');
      const pipeline = {
        name: 'usage',
        source: { kind: 'directory', id: 'incoming', root: './incoming' },
        schedule: { every: '1h' },
        format: { fields: 3 },
        period: { from: 'record', unit: 'month', field: 3, timestamp: 'iso8601' },
      };
      const rest = stringify({ worker: { metricsAddress: '127.0.0.1:0' }, pipelines: [pipeline] });
      const temporal = byAddress!.lines.join('\n').replace('temporal.example:7233', world.address);
      await writeFile(join(shell.folder, 'tallyline.yaml'), `${temporal}\n${rest}`);
      await mkdir(join(shell.folder, 'incoming'));
    });
    const put = (name: string, lines: string) => shell.put(name, lines.replaceAll(';', '\n'));

    test('temporal: what is set up, asked and done by hand', async () => {
      const fileId = (name: string): Replacement => [
        /FILEID/,
        async () => (await shell.rows()).find((row) => row.sourceKey === name)!.fileId,
      ];
      await world.follow({
        page: 'docs/guides/temporal.md',
        shell,
        steps: {
          // The server takes a moment to know a new namespace.
          'tallyline setup': { until: ANYTHING },
          'tallyline worker': {
            background: WORKER_READY,
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
      await world.follow({
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
      await world.follow({
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
            after: ({ stdout, stderr }) => {
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
      await world.follow({
        page: 'docs/guides/upgrade.md',
        shell,
        steps: {
          'temporal worker deployment set-current-version': {
            before: () =>
              Promise.all(
                ['0.1.0', '0.2.0'].map((build) =>
                  shell.start('tallyline worker --roles orchestrate', WORKER_READY, { TALLYLINE_BUILD_ID: build }),
                ),
              ),
            // It is refused until the server has heard of the build's workers.
            until: ANYTHING,
          },
          'temporal worker deployment describe-version': { until: /0\.1\.0/ },
        },
      });
    });
  });
}
