import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseConfig } from '../../src/config/load-config';

const repository = join(__dirname, '../..');

/** Every block of YAML in the pages that is a whole configuration, with the page and number that name it. */
function findConfigurations(): [string, string][] {
  const pages = [
    ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
    'README.md',
  ];
  return pages
    .filter((page) => page.endsWith('.md') && existsSync(join(repository, page)))
    .flatMap((page) => {
      const blocks = [...readFileSync(join(repository, page), 'utf8').matchAll(/```ya?ml\n([^]*?)```/g)].map(([, block = '']) => block);
      const whole = blocks.filter((block) => /^pipelines:/m.test(block));
      return whole.map((block, index): [string, string] => [`${page}, configuration ${String(index + 1)}`, block]);
    });
}

const configurations = findConfigurations();

test('the pages show at least one configuration', () => {
  expect(configurations.length).toBeGreaterThan(0);
});

test.each(configurations)('%s is valid', (_, block) => {
  expect(() => parseConfig(block, '/etc/tallyline/tallyline.yaml')).not.toThrow();
});
