/** Every verb of the command line. */
import { Command } from 'commander';
import { packageVersion } from '../workers/version';
import { registerCount } from './commands/count';

const EXAMPLES = `
Examples:
  tallyline count usage.txt --output csv        totals of a file, nothing stored
  tallyline config check                        is tallyline.yaml right, and what does it mean
  tallyline up                                  everything on this machine, until stopped
  tallyline totals --output csv > totals.csv    what the database holds
  tallyline status                              backlog, and what is left out and why

Exit codes: 0 done, 1 a check failed, 2 wrong usage or configuration, 3 something unavailable.`;

/** `writeError` takes what Commander itself has to say about wrong usage; `args` begin with the verb. */
export function createProgram(writeError: (text: string) => void, args: readonly string[] = []): Command {
  // Before the commands, which take these settings over.
  const program = new Command('tallyline')
    .description('Exact totals from large text files, durable on Temporal.')
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for what it takes)')
    .configureOutput({ writeErr: writeError })
    .exitOverride();
  const [verb = ''] = args;
  // One alone begins sooner.
  if (verb === 'count') registerCount(program);
  else registerAll(program);
  return program;
}

/** All but loaded only when one of them is asked for: most of them need Temporal's client, a database, or a configuration. */
function registerAll(program: Command): void {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { registerCommands } = require('./register-commands') as typeof import('./register-commands');
  registerCommands(program);
}
