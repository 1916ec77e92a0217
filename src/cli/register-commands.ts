/** Every verb, in the order of the help. */
/* eslint-disable @typescript-eslint/no-require-imports -- only what a verb needs: the rest takes longer to load than most verbs to run */
import type { Command } from 'commander';

type Register = (program: Command) => void;

const VERBS: Readonly<Record<string, () => Register>> = {
  up: () => (require('./commands/up') as typeof import('./commands/up')).registerUp,
  demo: () => (require('./commands/demo') as typeof import('./commands/demo')).registerDemo,
  worker: () => (require('./commands/worker') as typeof import('./commands/worker')).registerWorker,
  agent: () => (require('./commands/agent') as typeof import('./commands/agent')).registerAgent,
  setup: () => (require('./commands/setup') as typeof import('./commands/setup')).registerSetup,
  schedule: () => (require('./commands/schedule') as typeof import('./commands/schedule')).registerSchedule,
  count: () => (require('./commands/count') as typeof import('./commands/count')).registerCount,
  emit: () => (require('./commands/emit') as typeof import('./commands/emit')).registerEmit,
  totals: () => (require('./commands/totals') as typeof import('./commands/totals')).registerTotals,
  files: () => (require('./commands/files') as typeof import('./commands/files')).registerFiles,
  receipt: () => (require('./commands/receipt') as typeof import('./commands/receipt')).registerReceipt,
  rejects: () => (require('./commands/receipt') as typeof import('./commands/receipt')).registerRejects,
  quarantine: () => (require('./commands/files') as typeof import('./commands/files')).registerQuarantine,
  status: () => (require('./commands/status') as typeof import('./commands/status')).registerStatus,
  backfill: () => (require('./commands/backfill') as typeof import('./commands/backfill')).registerBackfill,
  retract: () => (require('./commands/retract') as typeof import('./commands/retract')).registerRetract,
  // It registers both.
  recount: () => (require('./commands/recount') as typeof import('./commands/recount')).registerRecount,
  supersede: () => (require('./commands/recount') as typeof import('./commands/recount')).registerRecount,
  explain: () => (require('./commands/explain') as typeof import('./commands/explain')).registerExplain,
  ledger: () => (require('./commands/ledger') as typeof import('./commands/ledger')).registerLedger,
  period: () => (require('./commands/ledger') as typeof import('./commands/ledger')).registerPeriod,
  verify: () => (require('./commands/verify') as typeof import('./commands/verify')).registerVerify,
  resume: () => (require('./commands/verify') as typeof import('./commands/verify')).registerResume,
  config: () => (require('./commands/config') as typeof import('./commands/config')).registerConfig,
};

export function registerCommands(program: Command): void {
  for (const register of new Set(Object.values(VERBS).map((load) => load()))) register(program);
}

/** That of `verb` alone; all where there is none of that name, for the help and for what is misspelt. */
export function registerVerb(program: Command, verb: string | undefined): void {
  const load = verb !== undefined && Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (load === undefined) registerCommands(program);
  else load()(program);
}
