/** The entry of bin/tallyline: parses, dispatches, and turns every error into a sentence and an exit code. */
import { Command } from 'commander';
import { TallylineFailure } from '../core/failures';
import { packageVersion } from '../workers/version';
import { registerBackfill } from './commands/backfill';
import { registerConfig } from './commands/config';
import { registerCount } from './commands/count';
import { registerDemo } from './commands/demo';
import { registerEmit } from './commands/emit';
import { registerFiles, registerQuarantine } from './commands/files';
import { registerReceipt, registerRejects } from './commands/receipt';
import { registerSchedule } from './commands/schedule';
import { registerSetup } from './commands/setup';
import { registerStatus } from './commands/status';
import { registerTotals } from './commands/totals';
import { registerUp } from './commands/up';
import { registerResume, registerVerify } from './commands/verify';
import { registerWorker } from './commands/worker';
import { exitCodeOf } from './exit-codes';

const EXAMPLES = `
Examples:
  tallyline count usage.txt --output csv        totals of a file, nothing stored
  tallyline config check                        is tallyline.yaml right, and what does it mean
  tallyline up                                  everything on this machine, until stopped
  tallyline totals --output csv > totals.csv    what the database holds
  tallyline status                              backlog, and what is left out and why

Exit codes: 0 done, 1 a check failed, 2 wrong usage or configuration, 3 something unavailable.`;

async function main(): Promise<void> {
  const program = new Command('tallyline')
    .description('Exact totals from large text files, durable on Temporal.')
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride();
  const register = [
    ...[registerUp, registerDemo, registerWorker, registerSetup, registerSchedule, registerCount, registerEmit],
    ...[registerTotals, registerFiles, registerReceipt, registerRejects, registerQuarantine, registerStatus],
    ...[registerBackfill, registerVerify, registerResume, registerConfig],
  ];
  for (const registerCommand of register) registerCommand(program);
  for (const command of program.commands) overrideExit(command);
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander has printed its own.
    if (error instanceof TallylineFailure) process.stderr.write(`${error.message}\n`);
    else if (!(error instanceof Error && 'exitCode' in error))
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}

void main();
