/** Turns what the schema found into sentences that name the option, what is wrong and what is allowed. */
import type { z } from 'zod';

import type { Fault, OptionPath } from './fault';
import { tablePath, valueAt } from './fault';
import { OPTIONS, optionNames } from './options';

const SHOWN_VALUE_CHARACTERS = 60;
const SUGGESTION_EDITS_MAX = 3;

export function describeIssues(issues: readonly z.core.$ZodIssue[], root: unknown): Fault[] {
  const faults = issues.flatMap((issue) => describeIssue(issue, root));
  // One fault an option: a value can fail several checks at once.
  return faults.filter((fault, index) => faults.findIndex((other) => isSame(other, fault)) === index);
}

function describeIssue(issue: z.core.$ZodIssue, root: unknown): Fault[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path, key, message: describeUnknown(path, key) }));
  const optionPath = nearestOption(path);
  const value = valueAt(root, optionPath);
  const names = optionNames(tablePath(optionPath));
  const allowed = allowedAt(root, optionPath) ?? `a mapping with ${quote(names)}`;
  if (value === undefined) return [{ path: optionPath, message: `is missing; it takes: ${allowed}` }];
  const what = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : `cannot be ${show(value)}`;
  return [{ path: optionPath, message: `${what}; allowed: ${allowed}` }];
}

/** Which values it takes may hang on the `kind` of the mapping that holds it; the first kind is the one that need not be written. */
function allowedAt(root: unknown, path: OptionPath): string | undefined {
  const options = OPTIONS.filter((option) => option.path === tablePath(path));
  const kind = valueAt(root, [...path.slice(0, -1), 'kind']);
  return (options.find(({ ofKind }) => ofKind === kind) ?? options[0])?.allowed;
}

/** An element of a list option such as `key` is judged as the whole list. */
function nearestOption(path: OptionPath): OptionPath {
  for (let length = path.length; length > 0; length--) {
    const candidate = path.slice(0, length);
    const name = tablePath(candidate);
    if (OPTIONS.some((option) => option.path === name || option.path.startsWith(`${name}.`))) return candidate;
  }
  return path;
}

function describeUnknown(path: OptionPath, key: string): string {
  const names = optionNames(tablePath(path));
  if (names.includes(key)) return 'has no meaning with this `kind`';
  const nearest = [...names].sort((left, right) => countEdits(key, left) - countEdits(key, right))[0];
  const suggestion = nearest !== undefined && isNear(key, nearest) ? ` Did you mean \`${nearest}\`?` : '';
  return `is no option;${suggestion} allowed here: ${quote(names)}`;
}

function isNear(key: string, name: string): boolean {
  const [left, right] = [key.toLowerCase(), name.toLowerCase()];
  return (
    countEdits(left, right) <= Math.min(SUGGESTION_EDITS_MAX, Math.floor(name.length / 2)) || left.includes(right) || right.includes(left)
  );
}

/** Levenshtein distance (Wagner and Fischer, 1974), one row at a time. Names only: the lengths are bounded. */
function countEdits(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [leftIndex, letter] of Array.from(left.slice(0, 100)).entries()) {
    const next = [leftIndex + 1];
    for (let index = 1; index <= right.length; index++) {
      const replaced = (row[index - 1] ?? 0) + (letter === right[index - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_VALUE_CHARACTERS ? `${text.slice(0, SHOWN_VALUE_CHARACTERS)}…` : text;
}

function quote(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function isSame(left: Fault, right: Fault): boolean {
  return left.key === right.key && JSON.stringify(left.path) === JSON.stringify(right.path);
}
