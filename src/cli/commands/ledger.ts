import type { Command } from 'commander';
import type { PipelineConfig } from '../../config/config';
import { TallylineFailure } from '../../core/failures';
import type { LedgerEntry } from '../../sinks/sink';
import { withCommonOptions, type CommonOptions } from '../context';
import { toBy, withBy, type ByOptions } from '../correction-options';
import { wholeNumber } from '../number-options';
import { outputOption, printRows, type OutputFormat } from '../print';
import { withSink } from '../with-sink';

const PAGE_ENTRIES = 1000;

interface LedgerOptions extends CommonOptions {
  readonly after: number;
  readonly limit: number;
  readonly output: OutputFormat;
}

export function registerLedger(program: Command): void {
  const ledger = program
    .command('ledger')
    .summary('the numbered entries of everything that changed the totals: list, restored')
    .description('Every change of the totals has a numbered entry: what, which file, who and why. Entries are added, never changed.');
  withCommonOptions(ledger.command('list'))
    .summary('the entries, in order of their numbers')
    .description('Prints ledger entries.\n\n  tallyline ledger list --after 4000 --output csv')
    .option('--after <number>', 'only entries after this number', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--limit <number>', 'at most so many', wholeNumber(1, Number.MAX_SAFE_INTEGER), 100_000)
    .addOption(outputOption())
    .action((options: LedgerOptions) => listEntries(options));
  const restored = withCommonOptions(ledger.command('restored'))
    .summary('says that the database was restored from a backup')
    .description(
      'Run it once after a restore, before anything is applied: numbers that were given out after the backup was taken will be given out\n' +
        'again, for something else. The ledger goes on under a new id, which every answer names beside its sequence.\n\n' +
        '  tallyline ledger restored --by alice --reason "disk lost, backup of Monday"',
    );
  withBy(restored).action((options: CommonOptions & ByOptions) =>
    withSink(options, async (sink, { name }) => {
      const { ledgerId } = await sink.markRestored({ pipeline: name, ...toBy(options) });
      process.stderr.write(`the ledger of ${name} goes on as ${ledgerId}\n`);
    }),
  );
}

export function registerPeriod(program: Command): void {
  const period = program
    .command('period')
    .summary('freezes periods: close')
    .description('A closed period stays as it is. What comes for it later is posted to the next, as an adjustment that names it.');
  const close = withCommonOptions(period.command('close <period>'))
    .summary('freeze a period and all before it')
    .description(
      'Freezes PERIOD (2026-11, 2026-11-23 or 2026-11-23T14, as the pipeline has them) and all before it, with an entry in the ledger. Prints what\n' +
        'is left out of it. It must have ended, and is never opened again. Done twice it does nothing more.\n\n' +
        '  tallyline period close 2026-11 --by alice --reason "invoices of November"',
    );
  withBy(close).action((name: string, options: CommonOptions & ByOptions) => closePeriod(name, options));
}

async function closePeriod(period: string, options: CommonOptions & ByOptions): Promise<void> {
  await withSink(options, async (sink, { name, period: { from } }) => {
    const result = await sink.closePeriod({ pipeline: name, period, ...toBy(options) });
    if (result.outcome === 'refused') throw new TallylineFailure('not_allowed', `${period} was not closed: ${result.fact}`);
    if (result.outcome === 'already') return void process.stderr.write(`${name} is closed through ${result.closedThrough} already\n`);
    process.stderr.write(`${name} is closed through ${period}, ledger sequence ${result.ledgerSequence}\n`);
    const { leftOut } = await sink.readStatus({ pipeline: name });
    const waiting = leftOut.filter((group) => group.reason !== 'rejected_lines' && mayBelong(group.period, period, from));
    for (const { period: of, state, reason, files, bytes } of waiting)
      process.stderr.write(`left out of ${of || 'any period'}: ${files} files of ${bytes} bytes, ${reason ?? state}\n`);
  });
}

/** Of a file whose records have a period each, nobody knows which they are before it is counted. */
function mayBelong(ofFile: string, closed: string, from: PipelineConfig['period']['from']): boolean {
  return ofFile === '' ? from === 'record' : ofFile <= closed;
}

async function listEntries({ after, limit, ...options }: LedgerOptions): Promise<void> {
  await withSink(options, async (sink, { name }) => {
    const entries: LedgerEntry[] = [];
    for (let afterNumber = after; entries.length < limit;) {
      const page = await sink.readLedger({ pipeline: name, afterNumber, limit: Math.min(PAGE_ENTRIES, limit - entries.length) });
      entries.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      afterNumber = last.number;
    }
    const rows = entries.map((entry) => [
      String(entry.number),
      entry.kind,
      entry.fileId ?? '',
      entry.version === null ? '' : String(entry.version),
      entry.period ?? '',
      new Date(entry.atMs).toISOString(),
      entry.by,
      entry.reason,
    ]);
    printRows(options.output, ['number', 'kind', 'fileId', 'version', 'period', 'at', 'by', 'reason'], rows, entries);
  });
}
