/** The house rules as a function over files, so that a test can also feed it broken ones. The table is import-rules.json. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

import type { SourceFacts, SourceText } from './source-facts';
import { readFacts } from './source-facts';

export interface FolderRule {
  /** Other folders below src whose every file may be imported. */
  readonly folders: readonly string[];
  /** Single files of further folders. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
  /** Whether Node's own modules may be imported. */
  readonly node: boolean;
}

export interface Rules {
  readonly folders: Readonly<Record<string, FolderRule>>;
  /** Files that something else than an import starts. */
  readonly entries: readonly string[];
  readonly reexporting: readonly string[];
  readonly linesMax: number;
  readonly longFiles: readonly string[];
}

export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly detail: string;
}

/** Names of Node, of the clock and of chance, which pure code has no use for. */
const IMPURE_NAMES = [
  ...['process', 'Buffer', 'console', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'globalThis', 'global', 'require'],
  ...['__dirname', '__filename', 'fetch', 'crypto', 'performance', 'Date.now', 'new Date', 'Math.random', 'performance.now'],
];

/** ESLint reads the same table. */
export function readRules(): Rules {
  return JSON.parse(readFileSync(join(__dirname, 'import-rules.json'), 'utf8')) as Rules;
}

export function checkArchitecture(files: readonly SourceText[], rules: Rules): Violation[] {
  const facts = files.map(readFacts);
  return [...facts.flatMap((file) => checkFile(file, rules)), ...findUnused(facts, rules)];
}

function checkFile(file: SourceFacts, rules: Rules): Violation[] {
  const found: Violation[] = [];
  const report = (rule: string, detail: string): void => void found.push({ rule, path: file.path, detail });
  const folder = folderOf(file.path);
  const rule = rules.folders[folder];
  if (rule === undefined) report('known-folder', `src/${folder} is in no table`);
  else for (const specifier of file.specifiers) checkImport(file.path, specifier, folder, rule, report);
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(posix.basename(file.path))) report('kebab-case', 'its name');
  if (file.lines > rules.linesMax && !rules.longFiles.includes(file.path)) report('size', `${String(file.lines)} lines`);
  if (file.hasDefaultExport) report('no-default-export', 'export default');
  if (file.hasReexport && !rules.reexporting.includes(file.path)) report('no-reexport', 'export from');
  for (const name of file.enums) report('no-enum', name);
  if (file.anyCount > 0) report('no-any', `${String(file.anyCount)} times`);
  if (folder === 'core') for (const name of IMPURE_NAMES.filter((candidate) => file.globals.has(candidate))) report('core-is-pure', name);
  return found;
}

function checkImport(
  path: string,
  specifier: string,
  folder: string,
  rule: FolderRule,
  report: (rule: string, detail: string) => void,
): void {
  if (specifier.startsWith('.')) {
    const target = resolveImport(path, specifier);
    if (!target.startsWith('src/')) report('import-folder', `${specifier} leaves src`);
    else if (
      folderOf(`${target}.ts`) !== folder &&
      !rule.folders.includes(folderOf(`${target}.ts`)) &&
      !rule.files.includes(target.slice('src/'.length))
    )
      report('import-folder', specifier);
    if (/\.[cm]?[jt]s$/.test(specifier)) report('import-extension', specifier);
  } else if (specifier.startsWith('node:')) {
    if (!rule.node) report('import-node', specifier);
  } else if (!rule.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
    report('import-package', specifier);
  }
}

/** A file that is no entry must be imported by a file that is used: reachable from the entries. */
function findUnused(facts: readonly SourceFacts[], rules: Rules): Violation[] {
  const byPath = new Map(facts.map((file) => [file.path, file]));
  const reached = new Set(rules.entries.filter((entry) => byPath.has(entry)));
  for (const path of reached) {
    for (const specifier of byPath.get(path)?.specifiers ?? []) {
      const target = `${resolveImport(path, specifier)}.ts`;
      if (specifier.startsWith('.') && byPath.has(target)) reached.add(target);
    }
  }
  return facts.filter((file) => !reached.has(file.path)).map((file) => ({ rule: 'used', path: file.path, detail: 'no entry leads to it' }));
}

function resolveImport(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** The folder below src; of a file directly in src, its own name. */
function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}
