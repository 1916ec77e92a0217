/** Whether a command that stands in a guide names verbs and options of Tallyline that there are. */
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program';
import { registerCommands } from '../../src/cli/register-commands';

const END_OF_COMMAND = /^(?:\||>|>>|&&|;|<)$/;

export function createWholeProgram(): Command {
  return createProgram(() => undefined, registerCommands);
}

/** What is wrong with each call of `tallyline` in it. */
export function complaintsAbout(program: Command, text: string): string[] {
  const words = text.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.flatMap((word, index) => {
    const isCalled = /bin\/tallyline$/.test(word) || (word === 'tallyline' && (index === 0 || END_OF_COMMAND.test(words[index - 1]!)));
    if (!isCalled) return [];
    const rest = words.slice(index + 1);
    const end = rest.findIndex((each) => END_OF_COMMAND.test(each));
    return complaintsAboutWords(program, end < 0 ? rest : rest.slice(0, end));
  });
}

/** Of every verb, for options that are named by themselves. */
export function allOptions(command: Command): readonly string[] {
  return [...command.options.flatMap(({ long, short }) => [long, short]), ...command.commands.flatMap(allOptions)].filter(
    (option) => option !== undefined,
  );
}

function complaintsAboutWords(program: Command, words: readonly string[]): string[] {
  let command = program;
  const path: string[] = [];
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    command = next;
    path.push(word);
  }
  const following = words[path.length];
  if (command.commands.length > 0 && following !== undefined && !following.startsWith('-'))
    return [`there is no verb ${[...path, following].join(' ')}`];
  const known = new Set([...command.options, ...program.options].flatMap(({ long, short }) => [long, short]));
  return words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=')[0]!)
    .filter((option) => !known.has(option) && option !== '--help')
    .map((option) => `\`tallyline ${path.join(' ')}\` has no option ${option}`);
}
