/** Every verb, in the order of the help. */
import type { Command } from 'commander';
import { registerAgent } from './commands/agent';
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

export function registerCommands(program: Command): void {
  const register = [
    ...[registerUp, registerDemo, registerWorker, registerAgent, registerSetup, registerSchedule, registerCount, registerEmit],
    ...[registerTotals, registerFiles, registerReceipt, registerRejects, registerQuarantine, registerStatus],
    ...[registerBackfill, registerRetract, registerRecount, registerExplain, registerLedger, registerPeriod],
    ...[registerVerify, registerResume, registerConfig],
  ];
  for (const registerCommand of register) registerCommand(program);
}
