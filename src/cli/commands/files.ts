import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { describeDisposal } from '../../core/disposal';
import { FILE_STATES, type FileState } from '../../core/file-row';
import type { Receipt } from '../../core/receipt';
import type { FileRow, Sink } from '../../sinks/sink';
import type { Disposal } from '../../sinks/sink-disposals';
import { withCommonOptions, type CommonOptions } from '../context';
import { outputOption, printRows, type OutputFormat } from '../print';
import { withSink } from '../with-sink';
import { registerRelease } from './recount';

const PAGE_FILES = 1_000;
const COLUMNS = ['file', 'state', 'reason', 'version', 'bytes', 'first seen', 'fileId', 'plain bytes', 'after counting'] as const;

/** With its plain size, where it was decompressed, and what became of its source file after it was counted. */
type ListedRow = FileRow & Pick<Receipt, 'compression' | 'plainBytes'> & { readonly disposal: Disposal | null };

interface FilesOptions extends CommonOptions {
  readonly state?: FileState;
  readonly output: OutputFormat;
}

export function registerFiles(program: Command): void {
  withCommonOptions(program.command('files'))
    .summary('the files that the sink knows, with their state')
    .description(
      'Lists every file that was taken up, in the order of first sight: its state, why it is set aside, and its fileId; of a compressed\n' +
        'file that was counted also its plain bytes, beside the stored ones; and what became of it in its source afterwards. What a scan has\n' +
        'seen and not taken up yet, because it is not settled, is counted by `tallyline status`.\n\n' +
        '  tallyline files --state counting',
    )
    .option('--state <state>', `only files in this state: ${FILE_STATES.join(', ')}`, parseState)
    .addOption(outputOption())
    .action((options: FilesOptions) => listFiles(options, options.state === undefined ? undefined : [options.state]));
}

export function registerQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .summary('files that were set aside: list, release')
    .description('Files that were set aside whole, with the reason. None of their records is in the totals.');
  withCommonOptions(quarantine.command('list'))
    .summary('files set aside, and why')
    .description(
      'Lists the files that were set aside, with the reason of each; as a table, details are on stderr. What to do about a reason is in\n' +
        'docs/reference/failures.md.\n\n' +
        '  tallyline quarantine list --output csv',
    )
    .addOption(outputOption())
    .action((options: FilesOptions) => listFiles(options, ['quarantined']));
  registerRelease(quarantine);
}

async function listFiles(options: FilesOptions, states: readonly FileState[] | undefined): Promise<void> {
  await withSink(options, async (sink, { name }) => {
    const rows: ListedRow[] = [];
    for await (const row of allFiles(sink, name, states)) rows.push({ ...row, ...(await plainSize(sink, row)) });
    printRows(options.output, COLUMNS, rows.map(cells), rows.map(toJson));
    for (const row of rows.filter((candidate) => candidate.detail !== null && states?.includes('quarantined'))) {
      if (options.output === 'table') process.stderr.write(`${row.sourceKey}: ${row.detail ?? ''}\n`);
    }
  });
}

async function* allFiles(sink: Sink, pipeline: string, states: readonly FileState[] | undefined): AsyncGenerator<ListedRow> {
  let afterSequence = 0;
  for (;;) {
    const page = await sink.listFiles({ pipeline, ...(states ? { states } : {}), afterSequence, limit: PAGE_FILES });
    const disposals = await sink.readDisposals({ fileIds: page.map(({ fileId }) => fileId) });
    const byFile = new Map(disposals.map((disposal) => [disposal.fileId, disposal]));
    for (const row of page) yield { ...row, disposal: byFile.get(row.fileId) ?? null };
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_FILES) return;
    afterSequence = last.sequence;
  }
}

/** Asks only for files that were decompressed. */
async function plainSize(sink: Sink, { fileId, plan, contentDigest }: FileRow): Promise<Pick<Receipt, 'compression' | 'plainBytes'>> {
  if (!plan?.compression || contentDigest === null) return {};
  const { compression, plainBytes } = (await sink.readReceipt(fileId)) ?? {};
  return compression && plainBytes !== undefined ? { compression, plainBytes } : {};
}

function cells(row: ListedRow): readonly string[] {
  const { sourceKey, state, reason, version, sizeBytes, firstSeenMs, fileId, plainBytes, disposal } = row;
  const firstSeen = new Date(firstSeenMs).toISOString();
  const after = disposal === null ? '' : describeDisposal(disposal);
  return [sourceKey, state, reason ?? '', String(version), String(sizeBytes), firstSeen, fileId, String(plainBytes ?? ''), after];
}

function toJson({ plan: _plan, ...row }: ListedRow): unknown {
  return row;
}

function parseState(text: string): FileState {
  const state = FILE_STATES.find((candidate) => candidate === text);
  if (state === undefined) throw new InvalidArgumentError(`one of ${FILE_STATES.join(', ')}`);
  return state;
}
