/** Guides whose commands need nothing that runs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inlineCommands, loadGuide, REPOSITORY } from '../../helpers/guide-commands';
import type { GuideWorld } from '../../helpers/guide-world';

const NEEDS_DOCKER = 'needs Docker; test/docs/docker-compose.test.ts holds the file against the product';

export function testGuidesWithoutServer(world: GuideWorld): void {
  describe('without a server', () => {
    test('count: files, a pipe and an archive', async () => {
      const shell = await world.newShell();
      const csv = 'key,sum,count\n123,501,2\n7,20,1\n';
      await world.follow({
        page: 'docs/guides/count.md',
        shell,
        steps: {
          'tallyline count usage.txt --output csv': { stdout: csv },
          'tallyline count *.txt': { after: ({ stdout }) => expect(JSON.parse(stdout)).toHaveProperty('receipts.0.contentDigest') },
          zcat: { before: () => shell.must('mkdir archive && gzip --keep --stdout usage.txt > archive/usage.txt.gz'), stdout: /123 +501/ },
          'tallyline count archive/*.gz': { stdout: /123 +501/ },
        },
      });
    });

    test.each([
      ['--delimiter ,', 'north,123,1.50', /^north,123 +1\.50 /m],
      ['--delimiter whitespace', '123\\t 5', /^123 +5 /m],
      ['--allow-negative', '123 -5', /^123 +-5 /m],
      ['--format csv', 'amount,consumer\\n5,123', /^123 +5 /m],
      ['--fields 3', '123 5 2026-11-23T14:05:06Z', /^2026-11-23 +123 +5 /m],
    ])('count: the options of its table that begin with %s count such a line', async (beginning, lines, stdout) => {
      const page = 'docs/guides/count.md';
      const found = loadGuide(page).inline.filter(({ text }) => text.startsWith(beginning));
      expect(found).toHaveLength(1);
      const commands = found.map((options) => ({ ...options, text: `printf '${lines}\\n' | tallyline count - ${options.text}` }));
      await world.follow({ page, shell: await world.newShell(), commands, steps: { printf: { stdout } } });
    });

    test('configure: what a file with timestamps comes to, and what is wrong with a configuration', async () => {
      const page = 'docs/guides/configure.md';
      const shell = await world.newShell();
      await writeFile(join(shell.folder, 'usage.txt'), '123 12345 2026-11-23T14:05:06Z\n');
      const smallest = loadGuide(page).data.find(({ language }) => language === 'yaml');
      await writeFile(join(shell.folder, 'tallyline.yaml'), smallest!.lines.join('\n'));
      const whole = /^tallyline (?:count --fields|config check)/;
      await world.follow({
        page,
        shell,
        commands: inlineCommands(loadGuide(page)).filter(({ text }) => whole.test(text)),
        replace: [[/FILE/, 'usage.txt']],
        steps: { 'tallyline count': { stdout: /^2026-11-23T14 +123 +12345 /m }, 'tallyline config check': { stdout: /quietPeriod/ } },
      });
    });

    test('csv and gzip: totals of the emitter and of the counter are equal', async () => {
      const steps = { 'tallyline count usage.csv': { stdout: /Smith, Jane +1\.50/ } };
      await world.follow({ page: 'docs/guides/csv.md', shell: await world.newShell(), steps });
      await world.follow({ page: 'docs/guides/gzip.md', shell: await world.newShell() });
    });

    test('manifests: the command prints the digest that the example has', async () => {
      const shell = await world.newShell();
      await writeFile(join(shell.folder, 'usage.txt'), '123 12345\n7 881\n123 5\n');
      const guide = await readFile(join(REPOSITORY, 'docs/guides/manifests.md'), 'utf8');
      const [, digest = ''] = /"contentDigest": "(\w+)"/.exec(guide) ?? [];
      await world.follow({ page: 'docs/guides/manifests.md', shell, steps: { split: { stdout: `${digest}  -\n` } } });
    });

    test('compose: the secrets are made where the containers look for them', async () => {
      const shell = await world.newShell();
      await world.follow({ page: 'docs/guides/compose.md', shell, steps: { docker: { notRun: NEEDS_DOCKER } } });
      const compose = await readFile(join(REPOSITORY, 'docker-compose.yml'), 'utf8');
      for (const [, name] of compose.matchAll(/\.\/(secrets\/[\w-]+)/g)) await readFile(join(shell.folder, name!), 'utf8');
      const asked = [...compose.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
      const given = (await readFile(join(shell.folder, '.env'), 'utf8')).matchAll(/^(\w+)=[0-9a-f]{48}$/gm);
      expect([...given].map(([, name]) => name).sort()).toEqual([...new Set(asked)].sort());
    });

    test('observe: the rules and the configuration of alerts are in order', async () => {
      await world.follow({ page: 'docs/guides/observe.md', shell: await world.newShell() });
    });

    test('object storage: tests against a storage of somebody else are not run', async () => {
      const notRun = 'needs credentials of a storage; the same tests run against a Ceph of their own';
      await world.follow({
        page: 'docs/guides/object-storage.md',
        shell: await world.newShell(),
        steps: { TALLYLINE_S3_ENDPOINT: { notRun } },
      });
    });
  });
}
