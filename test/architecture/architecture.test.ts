import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

import { checkArchitecture, readRules } from './check-architecture';
import type { FolderRule } from './check-architecture';
import type { SourceText } from './source-facts';

const repository = join(__dirname, '../..');
const rules = readRules();

function readTree(folder: string): SourceText[] {
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry): SourceText[] => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return readTree(path);
    return entry.name.endsWith('.ts') ? [{ path, text: readFileSync(join(repository, path), 'utf8') }] : [];
  });
}

test('src keeps the house rules', () => {
  const files = readTree('src');
  expect(files.length).toBeGreaterThan(20);
  expect(checkArchitecture(files, rules).map(({ rule, path, detail }) => `${path}: ${rule}: ${detail}`)).toEqual([]);
});

test('no rule names a file or folder that is not there', () => {
  const paths = readTree('src').map(({ path }) => path);
  const named = [...rules.entries, ...rules.reexporting, ...rules.longFiles];
  const files = Object.values(rules.folders).flatMap((folder) => folder.files.map((file) => `src/${file}.ts`));
  expect([...named, ...files].filter((path) => !paths.includes(path))).toEqual([]);
  expect(Object.keys(rules.folders).filter((folder) => !paths.some((path) => path.startsWith(`src/${folder}/`)))).toEqual([]);
});

describe('a broken tree is refused', () => {
  const entry = (imports: string): SourceText => ({ path: 'src/cli/main.ts', text: imports });
  const broken: readonly { readonly rule: string; readonly files: readonly SourceText[] }[] = [
    ...Object.entries(rules.folders).flatMap(([folder, rule]) => forbiddenImports(folder, rule)),
    { rule: 'import-folder', files: [entry("import { a } from '../../test/helpers/a';")] },
    { rule: 'import-folder', files: [inFolder('activities', "import type { A } from '../sinks/sqlite-store';")] },
    { rule: 'import-folder', files: [inFolder('core', "export const load = () => import('../sinks/sink');")] },
    { rule: 'import-folder', files: [inFolder('core', "export type Sink = import('../sinks/sink').Sink;")] },
    { rule: 'import-package', files: [inFolder('core', 'export const load = (name: string) => import(name);')] },
    { rule: 'import-package', files: [inFolder('workflows', "import { Client } from '@temporalio/client';")] },
    { rule: 'import-package', files: [inFolder('sources', "import fs from 'fs';")] },
    { rule: 'import-package', files: [inFolder('sinks', "export const database = require('mysql2');")] },
    { rule: 'import-extension', files: [entry("import { a } from './a.js';")] },
    { rule: 'known-folder', files: [{ path: 'src/utilities/a.ts', text: '' }] },
    { rule: 'known-folder', files: [{ path: 'src/main.ts', text: '' }] },
    { rule: 'kebab-case', files: [{ path: 'src/core/fileRow.ts', text: '' }] },
    { rule: 'kebab-case', files: [{ path: 'src/core/file_row.ts', text: '' }] },
    { rule: 'size', files: [inFolder('core', '// a line\n'.repeat(301))] },
    { rule: 'no-default-export', files: [inFolder('core', 'export default function count(): void {}')] },
    { rule: 'no-default-export', files: [inFolder('core', 'const a = 1;\nexport { a as default };')] },
    { rule: 'no-default-export', files: [inFolder('core', 'const a = 1;\nexport default a;')] },
    { rule: 'no-reexport', files: [inFolder('core', "export * from './plan';")] },
    { rule: 'no-enum', files: [inFolder('core', 'export enum State { Seen }')] },
    { rule: 'no-enum', files: [inFolder('core', 'export const enum State { Seen }')] },
    { rule: 'no-any', files: [inFolder('core', 'export const a = JSON.parse("1") as any;')] },
    { rule: 'no-any', files: [inFolder('core', 'export function f(a: readonly any[]): void {}')] },
    ...['process.env', 'Buffer.alloc(1)', 'console.log(1)', 'setTimeout(f)', 'Date.now()', 'new Date()', 'Math.random()', 'globalThis'].map(
      (text) => ({
        rule: 'core-is-pure',
        files: [inFolder('core', `export const a = ${text};`)],
      }),
    ),
    { rule: 'used', files: [entry(''), { path: 'src/core/plan.ts', text: '' }] },
    {
      rule: 'used',
      files: [entry(''), { path: 'src/core/a.ts', text: "import './b';" }, { path: 'src/core/b.ts', text: "import './a';" }],
    },
  ];

  test.each(broken.map(({ rule, files }) => [rule, files.at(-1)?.path, files.at(-1)?.text.split('\n')[0], files] as const))(
    '%s: %s: %s',
    (rule, _path, _text, files) => {
      expect(checkArchitecture(files, rules).map((violation) => violation.rule)).toContain(rule);
    },
  );
});

test('a tree that keeps the rules is accepted', () => {
  const files = [
    {
      path: 'src/cli/main.ts',
      text: "import { readFileSync } from 'node:fs';\nimport { plan } from '../core/plan';\nimport './commands/config';",
    },
    {
      path: 'src/cli/commands/config.ts',
      text: "import type { Command } from 'commander';\nimport type { Sink } from '../../sinks/sink';",
    },
    {
      path: 'src/core/plan.ts',
      text: 'export const plan = { process: 1, date: new Date(0), any: "any", enum: 2 };\n// any enum Date.now()',
    },
    { path: 'src/sinks/sink.ts', text: 'export interface Sink { readonly process: number }' },
  ];
  expect(checkArchitecture(files, rules)).toEqual([]);
});

function inFolder(folder: string, text: string): SourceText {
  return { path: `src/${folder}/some-file.ts`, text };
}

/** One broken file for everything that a folder may not import. */
function forbiddenImports(folder: string, rule: FolderRule): { rule: string; files: SourceText[] }[] {
  const folders = Object.keys(rules.folders).filter((other) => other !== folder && !rule.folders.includes(other));
  const packages = Object.values(rules.folders)
    .flatMap((other) => other.packages)
    .filter((name) => !rule.packages.includes(name));
  return [
    ...folders.map((other) => ({
      rule: 'import-folder',
      files: [inFolder(folder, `import type { A } from '../${other}/some-other-file';`)],
    })),
    ...[...new Set(packages)].map((name) => ({ rule: 'import-package', files: [inFolder(folder, `import { a } from '${name}';`)] })),
    ...(rule.node ? [] : [{ rule: 'import-node', files: [inFolder(folder, "import { readFileSync } from 'node:fs';")] }]),
  ];
}
