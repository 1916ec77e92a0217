/** Every verb of the command line. */
import { Command } from 'commander';
import { packageVersion } from '../workers/version';
import { registerBackfill } from './commands/backfill';
import { registerConfig } from './commands/config';
import { registerCount } from './commands/count';
import { registerDemo } from './commands/demo';
import { registerEmit } from './commands/emit';
import { registerExplain } from './commands/explain';
import { registerFiles, registerQuarantine } from './commands/files';
import { registerLedger, registerPeriod } from './commands/ledger';
import { registerReceipt, registerRejects } from './commands/receipt';
import { registerRecount } from './commands/recount';
import { registerRetract } from './commands/retract';
import { registerSchedule } from './commands/schedule';
import { registerSetup } from './commands/setup';
import { registerStatus } from './commands/status';
import { registerTotals } from './commands/totals';
import { registerUp } from './commands/up';
import { registerResume, registerVerify } from './commands/verify';
import { registerWorker } from './commands/worker';

const EXAMPLES = `
Examples:
  tallyline count usage.txt --output csv        totals of a file, nothing stored
  tallyline config check                        is tallyline.yaml right, and what does it mean
  tallyline up                                  everything on this machine, until stopped
  tallyline totals --output csv > totals.csv    what the database holds
  tallyline status                              backlog, and what is left out and why

Exit codes: 0 done, 1 a check failed, 2 wrong usage or configuration, 3 something unavailable.`;

/** `writeError` takes what Commander itself has to say about wrong usage. */
export function createProgram(writeError: (text: string) => void): Command {
  // Before the commands, which take these settings over.
  const program = new Command('tallyline')
    .description('Exact totals from large text files, durable on Temporal.')
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for what it takes)')
    .configureOutput({ writeErr: writeError })
    .exitOverride();
  const register = [
    ...[registerUp, registerDemo, registerWorker, registerSetup, registerSchedule, registerCount, registerEmit],
    ...[registerTotals, registerFiles, registerReceipt, registerRejects, registerQuarantine, registerStatus],
    ...[registerBackfill, registerRetract, registerRecount, registerExplain, registerLedger, registerPeriod],
    ...[registerVerify, registerResume, registerConfig],
  ];
  for (const registerCommand of register) registerCommand(program);
  return program;
}
