import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseConfig } from '../../src/config/load-config';

const repository = join(__dirname, '../..');

/** A fenced block, and what a shell would write to a file (`cat > x.yaml <<'END'`), indented as code. */
const BLOCKS = [/```ya?ml\n([^]*?)```/g, /^ +cat > \S+\.ya?ml <<'END'\n([^]*?)^ +END$/gm];

/** Every block of YAML in the pages that is a whole configuration, with the page and number that name it. */
function findConfigurations(): [string, string][] {
  const pages = [
    ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
    'README.md',
  ];
  return pages
    .filter((page) => page.endsWith('.md') && existsSync(join(repository, page)))
    .flatMap((page) => {
      const text = readFileSync(join(repository, page), 'utf8');
      const blocks = BLOCKS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, block = '']) => block));
      const whole = blocks.filter((block) => /^ *pipelines:/m.test(block));
      return whole.map((block, index): [string, string] => [`${page}, configuration ${String(index + 1)}`, block]);
    });
}

const configurations = findConfigurations();

test('the pages show configurations, the README among them', () => {
  expect(configurations.map(([title]) => title)).toEqual(
    expect.arrayContaining(['README.md, configuration 1', 'docs/guides/configure.md, configuration 1']),
  );
});

test.each(configurations)('%s is valid', (_, block) => {
  expect(() => parseConfig(block, '/etc/tallyline/tallyline.yaml')).not.toThrow();
});
