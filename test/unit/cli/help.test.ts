import type { Command } from 'commander';

import { createProgram } from '../../../src/cli/program';
import { registerCommands, registerVerb } from '../../../src/cli/register-commands';

/** Each verb with the words that call it. */
function listVerbs(command: Command, words: string): [string, Command][] {
  return command.commands.flatMap((child): [string, Command][] => {
    const called = `${words} ${child.name()}`;
    return [[called, child], ...listVerbs(child, called)];
  });
}

const verbs = listVerbs(
  createProgram(() => undefined, registerCommands),
  'tallyline',
);
const leaves = verbs.filter(([, command]) => command.commands.length === 0);

test('every verb of the design that exists has its help', () => {
  expect(leaves.map(([called]) => called.replace('tallyline ', ''))).toEqual([
    ...['up', 'demo', 'worker', 'agent', 'setup'],
    ...['apply', 'pause', 'resume', 'trigger', 'show'].map((verb) => `schedule ${verb}`),
    ...['count', 'emit', 'totals', 'files', 'receipt', 'rejects', 'quarantine list', 'quarantine release', 'status'],
    ...['run', 'plan', 'apply', 'show', 'plans'].map((verb) => `backfill ${verb}`),
    ...['retract', 'recount', 'supersede', 'explain', 'ledger list', 'ledger restored', 'period close', 'verify', 'resume'],
    'config check',
  ]);
});

test.each(verbs.filter(([called]) => called.split(' ').length === 2))('`%s` is there when only it is loaded', (called) => {
  const verb = called.split(' ')[1]!;
  const alone = createProgram(
    () => undefined,
    (program) => registerVerb(program, verb),
  );
  expect(listVerbs(alone, 'tallyline').map(([name]) => name)).toContain(called);
});

test.each(['--help', 'fils', 'constructor', undefined])('with %j for a verb all are there', (verb) => {
  const program = createProgram(
    () => undefined,
    (whole) => registerVerb(whole, verb),
  );
  expect(listVerbs(program, 'tallyline')).toHaveLength(verbs.length);
});

test.each(verbs)('the help of `%s` has a line for the list and sentences of its own', (_called, command) => {
  expect(command.summary()).not.toBe('');
  expect(command.description()).toMatch(/^[A-Z][^]*\./);
});

test.each(leaves)('the help of `%s` shows an example of it', (called, command) => {
  expect(command.helpInformation()).toContain(`\n  ${called}`);
});
