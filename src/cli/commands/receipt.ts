import type { Command } from 'commander';
import { TallylineFailure } from '../../core/failures';
import type { Receipt } from '../../core/receipt';
import { withCommonOptions, type CommonOptions } from '../context';
import { disposalOf, tellDisposal } from '../disposal-of';
import { outputOption, printRows, type OutputFormat } from '../print';
import { findFile, withSink } from '../with-sink';

type ReceiptOptions = CommonOptions & { readonly output: OutputFormat };

export function registerReceipt(program: Command): void {
  withCommonOptions(program.command('receipt <file>'))
    .summary('the accounting of one file')
    .description(
      'Prints the receipt of FILE (a sourceKey as `files` prints it, or a fileId): every byte and line of it accounted for. Of a file that\n' +
        'was decompressed `bytes` and `contentDigest` are about the stored bytes, and everything else about the `plainBytes` in them.\n' +
        'Ends with 2 when the pipeline has no such file, or it is not counted yet.\n\n' +
        '  tallyline receipt first.txt --output json',
    )
    .addOption(outputOption(['table', 'json']))
    .action((file: string, options: ReceiptOptions) => printReceipt(file, options));
}

export function registerRejects(program: Command): void {
  withCommonOptions(program.command('rejects <file>'))
    .summary('the refused lines of one file')
    .description(
      'Prints, for each reason, how many lines of FILE were refused and the first of them with their byte offsets (in the plain bytes,\n' +
        'where the file was decompressed).\n\n' +
        '  tallyline rejects first.txt',
    )
    .option('--erase', 'erase the kept text of its rejected lines, for good; their number and places stay')
    .addOption(outputOption())
    .action((file: string, options: ReceiptOptions & { erase?: true }) =>
      options.erase ? eraseRejects(file, options) : printRejects(file, options),
    );
}

async function printReceipt(file: string, options: ReceiptOptions): Promise<void> {
  await withReceipt(file, options, (receipt, told) => {
    if (told !== '') process.stderr.write(`${told}\n`);
    const { rejects, ...numbers } = receipt;
    const counts = Object.entries(rejects).map(([reason, { count }]) => [`rejected: ${reason}`, String(count)]);
    printRows(
      options.output,
      ['of the file', ''],
      [...Object.entries(numbers).map(([name, value]) => [name, String(value)]), ...counts],
      receipt,
    );
  });
}

async function printRejects(file: string, options: ReceiptOptions): Promise<void> {
  await withReceipt(file, options, ({ rejects }) => {
    const rows = Object.entries(rejects).flatMap(([reason, { samples }]) =>
      samples.map(({ offset, text }) => [reason, String(offset), text ?? '(erased)']),
    );
    printRows(options.output, ['reason', 'offset', 'line'], rows, rejects);
    for (const [reason, { count }] of Object.entries(rejects)) process.stderr.write(`${reason}: ${count} lines\n`);
  });
}

async function eraseRejects(file: string, options: ReceiptOptions): Promise<void> {
  await withSink(options, async (sink, { name }) => {
    const { fileId, sourceKey } = await findFile(sink, name, file);
    const erased = await sink.eraseSamples({ pipeline: name, fileId, beforeMs: Number.MAX_SAFE_INTEGER });
    process.stderr.write(
      erased === 0 ? `${sourceKey} has no text of rejected lines\n` : `the text of rejected lines of ${sourceKey} is erased\n`,
    );
  });
}

async function withReceipt(file: string, options: CommonOptions, work: (receipt: Receipt, told: string) => void): Promise<void> {
  await withSink(options, async (sink, { name }) => {
    const row = await findFile(sink, name, file);
    const receipt = await sink.readReceipt(row.fileId);
    if (receipt === null) throw new TallylineFailure('not_allowed', `${row.sourceKey} is ${row.state} and has no receipt yet`);
    work(receipt, tellDisposal(row.sourceKey, await disposalOf(sink, row)));
  });
}
