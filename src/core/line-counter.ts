/** Counts the lines that a split owns: the grammar of docs/reference applied to each, or by the totals to whole runs of them. */
import { BlockDigester } from './block-digester';
import type { CounterOptions, SplitCounter } from './counter';
import { assertInvariant, TallylineFailure } from './failures';
import { LineReader } from './grammar';
import { BLOCK_DIGEST_BYTES, DIGEST_BLOCK_BYTES } from './limits';
import { LineScanner } from './line-scanner';
import type { LineConsumer } from './line-scanner';
import { joinPartial } from './partial-codec';
import type { PartialHeader } from './partial-codec';
import { PeriodKeyReader } from './period-key';
import type { RecordTotals } from './record-totals';
import { countRejected } from './reject-summary';
import { RejectTally } from './reject-tally';

export class LineCounter implements SplitCounter, LineConsumer {
  private position: number;
  private records: number;
  private blanks: number;
  private readonly rejects: RejectTally;
  private readonly reader: LineReader;
  /** Only where each record has a period of its own; the short way knows of none. */
  private readonly periodKeys: PeriodKeyReader | null;
  private readonly scanner: LineScanner;
  private readonly digester: BlockDigester | null;

  /** `totals` hold the entries of `resume` already. */
  constructor(
    private readonly options: CounterOptions,
    private readonly totals: RecordTotals,
  ) {
    const { format, recordPeriod, split, sizeBytes, createHasher, resume, digestBlockBytes = DIGEST_BLOCK_BYTES } = options;
    if (resume !== undefined) requireOfSplit(resume, options, digestBlockBytes);
    const accounting = resume?.accounting;
    this.records = accounting?.records ?? 0;
    this.blanks = accounting?.blanks ?? 0;
    this.rejects = new RejectTally(accounting?.rejects);
    this.reader = new LineReader(format);
    this.periodKeys = recordPeriod ? new PeriodKeyReader(recordPeriod) : null;
    const { maxLineBytes } = format;
    this.scanner = new LineScanner({ split, sizeBytes, maxLineBytes, consumer: this, ...(accounting && { resume: accounting }) });
    const doneDigests = resume?.blockDigests;
    this.digester =
      createHasher &&
      new BlockDigester({
        split,
        sizeBytes,
        blockBytes: digestBlockBytes,
        createHasher,
        ...(doneDigests && { doneDigests }),
      });
    const parts = this.digester ? [this.scanner, this.digester] : [this.scanner];
    const neededOffsets = parts.filter((part) => !part.isComplete).map((part) => part.readOffset);
    this.position = neededOffsets.length === 0 ? this.scanner.nextOffset : Math.min(...neededOffsets);
  }

  get readOffset(): number {
    return this.position;
  }

  get nextOffset(): number {
    return this.scanner.nextOffset;
  }

  get isComplete(): boolean {
    return this.scanner.isComplete && (this.digester?.isComplete ?? true);
  }

  buffer(sizeBytes: number): Uint8Array {
    return this.totals.buffer(sizeBytes);
  }

  push(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length;) {
      const piece = this.totals.place(chunk.subarray(offset));
      this.scanner.push(piece, this.position);
      this.digester?.push(piece, this.position);
      this.position += piece.length;
      offset += piece.length;
    }
  }

  end(): void {
    const { sizeBytes } = this.options;
    assertInvariant(sizeBytes === Infinity || this.position === sizeBytes, `a file of ${sizeBytes} bytes was ended at ${this.position}`);
    this.scanner.end();
  }

  header(): PartialHeader {
    const { firstOffset, nextOffset, bomBytes, unterminatedLastLine } = this.scanner;
    const { totals } = this;
    const records = this.records + totals.records;
    const blanks = this.blanks + totals.blanks;
    const rejects = this.rejects.snapshot();
    const lines = records + blanks + countRejected(rejects);
    return {
      accounting: { firstOffset, nextOffset, bomBytes, lines, records, blanks, rejects, unterminatedLastLine },
      blockDigests: this.digester?.snapshot() ?? new Uint8Array(),
    };
  }

  encode(instead: Parameters<SplitCounter['encode']>[0] = {}): Uint8Array {
    return joinPartial({ ...this.header(), ...instead }, this.totals.encoded());
  }

  close(): void {
    this.totals.close();
  }

  takeRun(chunk: Uint8Array, start: number, limit: number): number {
    return this.totals.takeRun(chunk, start, limit);
  }

  takeLine(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const { reader, periodKeys } = this;
    let verdict = reader.judge(bytes, start, end);
    // The timestamp is judged last.
    if (verdict === 'record' && periodKeys) verdict = periodKeys.read(bytes, reader) ?? verdict;
    if (verdict === 'record') {
      this.records++;
      const { keyBytes, keyStart, keyEnd } = periodKeys ?? reader;
      this.totals.add(keyBytes, keyStart, keyEnd, reader.value.number, reader.value.large);
    } else if (verdict === 'blank') this.blanks++;
    else this.rejects.add(verdict, bytes, start, end, offset);
  }

  takeLongLine(sample: Uint8Array, offset: number): void {
    this.rejects.add('line_too_long', sample, 0, sample.length, offset);
  }
}

/** A checkpoint of another split would be continued to a wrong total. */
function requireOfSplit({ accounting, blockDigests }: PartialHeader, { split, sizeBytes }: CounterOptions, blockBytes: number): void {
  const { firstOffset, nextOffset } = accounting;
  const { startOffset, endOffset } = split;
  const blocks = Math.max(0, Math.ceil(endOffset / blockBytes) - Math.ceil(startOffset / blockBytes));
  const isOfSplit =
    firstOffset === null
      ? nextOffset === startOffset && accounting.lines === 0
      : firstOffset >= startOffset && firstOffset < endOffset && nextOffset > firstOffset && nextOffset <= sizeBytes;
  const hasBlocks = blockDigests.length % BLOCK_DIGEST_BYTES === 0 && blockDigests.length <= blocks * BLOCK_DIGEST_BYTES;
  if (!isOfSplit || !hasBlocks)
    throw new TallylineFailure('checkpoint_unusable', `a checkpoint is not of the split from ${startOffset} to ${endOffset}`);
}
