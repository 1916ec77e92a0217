/** What the runbooks' sentences have one run, against the pipeline that `up` serves. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { guidePages, inlineCommands, loadGuide, type GuideCommand } from '../../helpers/guide-commands';
import type { Replacement, Steps } from '../../helpers/guide-run';
import type { GuideShell } from '../../helpers/guide-shell';
import type { GuideWorld } from '../../helpers/guide-world';
import { PIPELINE } from '../../helpers/test-bed';

export function testRunbooks(world: GuideWorld): void {
  test('runbooks: what they have one look at, and mend by', async () => {
    const shell = world.serving;
    const setAside = async (name: string, content: string): Promise<void> => {
      await shell.put(name, content);
      await shell.must('tallyline schedule trigger');
      await shell.until('quarantined', name);
    };
    const damageTotals = () => addToTotals(shell, 1);
    const repairTotals = () => addToTotals(shell, -1);
    const steps: Readonly<Record<string, Steps>> = {
      'docs/runbooks/agent-away.md': { 'tallyline agent': { notRun: 'the guide to agents runs it' } },
      'docs/runbooks/files-quarantined.md': {
        'tallyline quarantine list': { stdout: /bad\.txt.*reject_budget/ },
        'tallyline rejects': { stdout: /value_syntax/ },
        // "with the option that accepts it as it is"
        'tallyline quarantine release': { append: ' --accept-rejects', after: () => shell.until('in', 'bad.txt') },
      },
      'docs/runbooks/late-mismatch.md': {
        'tallyline supersede': { before: () => setAside('bad.txt', '123 1\n123 2\n'), after: () => shell.until('in', 'bad.txt') },
        'tallyline retract': { after: () => shell.until('out', 'bad.txt') },
      },
      'docs/runbooks/non-determinism.md': {
        'temporal workflow terminate': {
          replace: [[/(?<=")\.\.\.(?=")/, "WorkflowType='fileWorkflow' AND ExecutionStatus='Running'"]],
          input: 'y\n',
        },
      },
      'docs/runbooks/rejects-high.md': {
        'tallyline supersede': {
          replace: [[/FILE/, 'first.txt']],
          before: () => setAside('first.txt', '123 500\n7 20\n123 2\n'),
          after: () => shell.until('in', 'first.txt'),
        },
      },
      'docs/runbooks/pipeline-stopped.md': {
        'tallyline resume': {
          before: async () => {
            damageTotals();
            expect((await shell.run('tallyline verify')).status).toBe(1);
            repairTotals();
          },
        },
      },
      'docs/runbooks/totals-wrong.md': {
        'tallyline verify --pipeline': { before: damageTotals, status: 1, stdout: /123/, after: repairTotals },
      },
    };
    const finished = async (): Promise<string> => {
      const { fileId, version } = await shell.until('in', 'b.txt');
      return `file:${PIPELINE}:${fileId}:${version}`;
    };
    await setAside('bad.txt', '123 1\n123 x\n');
    const done = new Set<string>();
    for (const page of guidePages().filter((name) => name.startsWith('docs/runbooks/'))) {
      const own = steps[page] ?? {};
      const isNew = ({ text }: GuideCommand): boolean =>
        !done.has(text) || Object.keys(own).some((beginning) => text.startsWith(beginning));
      const commands = inlineCommands(loadGuide(page)).filter(isNew);
      for (const { text } of commands) done.add(text);
      const replace: Replacement[] = [
        [/NAME/, PIPELINE],
        [/FILE/, 'bad.txt'],
        [/KEY/, '123'],
        [/YOU/, 'alice'],
        [/\bID\b/, finished],
      ];
      await world.follow({ page, shell, commands, steps: own, replace });
    }
    expect(Object.keys(steps).filter((page) => !world.followed.has(page))).toEqual([]);
    await shell.must('tallyline verify --source');
  });
}

function addToTotals({ folder }: GuideShell, amount: number): void {
  const database = new Database(join(folder, '.tallyline', 'tallyline.db'));
  database.prepare(`UPDATE totals_rows SET sum = sum + ? WHERE key = CAST('123' AS BLOB)`).run(amount);
  database.close();
}
