/** The command line, but for its verbs. */
import { Command } from 'commander';
import { packageVersion } from '../workers/version';

const EXAMPLES = `
Examples:
  tallyline count usage.txt --output csv        totals of a file, nothing stored
  tallyline config check                        is tallyline.yaml right, and what does it mean
  tallyline up                                  everything on this machine, until stopped
  tallyline totals --output csv > totals.csv    what the database holds
  tallyline status                              backlog, and what is left out and why

Exit codes: 0 done, 1 a check failed, 2 wrong usage or configuration, 3 something unavailable.`;

/** `writeError` takes what Commander itself has to say about wrong usage; `register` adds the verbs. */
export function createProgram(writeError: (text: string) => void, register: (program: Command) => void): Command {
  const program = new Command('tallyline')
    .description('Exact totals from large text files, durable on Temporal.')
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for what it takes)')
    .configureOutput({ writeErr: writeError })
    .exitOverride();
  // Last, since they take these settings over.
  register(program);
  return program;
}
