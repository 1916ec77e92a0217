/** The README's pipeline, which serves the other guides, and backfills of it. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../../../src/workers/dev-server';
import type { GuideShell } from '../../helpers/guide-shell';
import type { GuideWorld } from '../../helpers/guide-world';
import { testRunbooks } from './runbooks';

export function testGuidesWithUp(world: GuideWorld): void {
  describe('with what `tallyline up` serves', () => {
    let shell: GuideShell;
    let uiPort: number;
    beforeAll(async () => {
      uiPort = await findFreePort();
      shell = await world.serveAt(`127.0.0.1:${await findFreePort()}`);
    });

    test('README: a pipeline of your own, in five minutes', async () => {
      const notRun = 'installs and builds this repository, as everything did that runs this test';
      await world.follow({
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
            after: ({ stdout, command }) => {
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
      // Found or built by `npm test`, which says so where it cannot be.
      const hasTctl = process.env['TALLYLINE_TCTL'] !== undefined || process.env['CI'] !== undefined;
      if (!hasTctl) process.stderr.write('TALLYLINE_TCTL names no tctl: its command is not run.\n');
      await world.follow({
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
          'tctl workflow start': hasTctl ? counts('2026/11/by-tctl.txt') : { notRun: 'there is no tctl here, which fails in CI' },
        },
      });
    });

    testRunbooks(world);
  });
}
