/** Counts the lines that a split owns: the grammar of docs/reference applied to each, or by the totals to whole runs of them. */
import { BlockDigester } from './block-digester';
import type { CounterOptions, SplitCounter } from './counter';
import { assertInvariant, TallylineFailure } from './failures';
import { createRecordReader } from './create-record-reader';
import { hasHeader } from './format';
import { lineEndsOf } from './line-ends';
import { BLOCK_DIGEST_BYTES, DIGEST_BLOCK_BYTES } from './limits';
import { LineScanner } from './line-scanner';
import type { LineConsumer } from './line-scanner';
import { joinPartial } from './partial-codec';
import type { EncodedEntries } from './entry-codec';
import type { PartialHeader } from './partial-codec';
import { PeriodKeyReader } from './period-key';
import { OPEN_QUOTE, type RecordReader } from './record-reader';
import type { RecordTotals } from './record-totals';
import { countRejected } from './reject-summary';
import { RejectTally } from './reject-tally';

export class LineCounter implements SplitCounter, LineConsumer {
  private position: number;
  private records: number;
  private blanks: number;
  private readonly rejects: RejectTally;
  /** Null until the header is read, where the format has one. */
  private reader: RecordReader | null;
  /** Only where each record has a period of its own; the short way knows of none. */
  private periodKeys: PeriodKeyReader | null = null;
  private readonly scanner: LineScanner;
  private readonly digester: BlockDigester | null;

  /** `totals` hold the entries of `resume` already. */
  constructor(
    private readonly options: CounterOptions,
    private readonly totals: RecordTotals,
  ) {
    const { format, split, sizeBytes, createHasher, resume, digestBlockBytes = DIGEST_BLOCK_BYTES } = options;
    if (resume !== undefined) requireOfSplit(resume, options, digestBlockBytes);
    const accounting = resume?.accounting;
    this.records = accounting?.records ?? 0;
    this.blanks = accounting?.blanks ?? 0;
    this.rejects = new RejectTally(accounting?.rejects);
    this.reader = null;
    if (!hasHeader(format)) this.useReader(createRecordReader(format, null));
    this.scanner = new LineScanner({
      split,
      sizeBytes,
      maxLineBytes: format.maxLineBytes,
      hasHeader: hasHeader(format),
      ends: lineEndsOf(format),
      consumer: this,
      ...(accounting && { resume: accounting }),
    });
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
    this.position = this.firstNeeded() ?? this.scanner.nextOffset;
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
    const start = this.position;
    while (this.position < start + chunk.length) {
      const piece = this.totals.place(chunk.subarray(this.position - start));
      this.scanner.push(piece, this.position);
      this.digester?.push(piece, this.position);
      // Further on where what lies in between is not needed, as behind the header that was read for a split in the middle.
      this.position = Math.max(this.position + piece.length, this.firstNeeded() ?? 0);
    }
  }

  end(): void {
    const { sizeBytes } = this.options;
    assertInvariant(sizeBytes === Infinity || this.position === sizeBytes, `a file of ${sizeBytes} bytes was ended at ${this.position}`);
    this.scanner.end();
  }

  private firstNeeded(): number | undefined {
    const parts = this.digester ? [this.scanner, this.digester] : [this.scanner];
    const offsets = parts.filter((part) => !part.isComplete).map((part) => part.readOffset);
    return offsets.length === 0 ? undefined : Math.min(...offsets);
  }

  header(): PartialHeader {
    const { firstOffset, nextOffset, bomBytes, headerBytes, unterminatedLastLine } = this.scanner;
    const { totals } = this;
    const records = this.records + totals.records;
    const blanks = this.blanks + totals.blanks;
    const rejects = this.rejects.snapshot();
    const lines = records + blanks + countRejected(rejects);
    return {
      accounting: {
        firstOffset,
        nextOffset,
        bomBytes,
        ...(headerBytes > 0 && { headerBytes }),
        lines,
        records,
        blanks,
        rejects,
        unterminatedLastLine,
      },
      blockDigests: this.digester?.snapshot() ?? new Uint8Array(),
    };
  }

  encode(instead: Parameters<SplitCounter['encode']>[0] = {}): Uint8Array {
    return joinPartial({ ...this.header(), ...instead }, this.totals.encoded());
  }

  entries(): EncodedEntries {
    return this.totals.encoded();
  }

  close(): void {
    this.totals.close();
  }

  takeRun(chunk: Uint8Array, start: number, limit: number): number {
    return this.totals.takeRun(chunk, start, limit);
  }

  takeHeader(line: Uint8Array): void {
    this.useReader(createRecordReader(this.options.format, line));
  }

  takeLine(bytes: Uint8Array, start: number, end: number, offset: number, lines: number): void {
    const { reader, periodKeys } = this;
    assertInvariant(reader !== null, 'a line comes before the header');
    let verdict = reader.judge(bytes, start, end);
    // The timestamp is judged last.
    if (verdict === 'record' && periodKeys) verdict = periodKeys.read(bytes, reader) ?? verdict;
    if (verdict === 'record') {
      this.records++;
      if (periodKeys) this.totals.notePeriod(periodKeys.seconds, periodKeys.period);
      const { keyBytes, keyStart, keyEnd } = periodKeys ?? reader;
      this.totals.add(keyBytes, keyStart, keyEnd, reader.value.number, reader.value.large);
    } else if (verdict === 'blank') this.blanks++;
    // Within quotes only where nothing but the end of the file ended it.
    else this.rejects.add(verdict === OPEN_QUOTE ? 'quote_syntax' : verdict, lines, bytes, start, end, offset);
  }

  takeLongLine(sample: Uint8Array, offset: number, lines: number): void {
    this.rejects.add('line_too_long', lines, sample, 0, sample.length, offset);
  }

  private useReader(reader: RecordReader): void {
    const { recordPeriod } = this.options;
    this.reader = reader;
    this.periodKeys = recordPeriod ? new PeriodKeyReader(recordPeriod, reader) : null;
    this.totals.useReader(reader);
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
