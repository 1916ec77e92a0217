/** From chunks of a file to the lines that one split owns: those whose first byte lies in it. */
import { unusable } from './byte-reader';
import { TallylineFailure } from './failures';
import { BOM, FileHead } from './file-head';
import { REJECT_SAMPLE_BYTES_MAX } from './limits';
import type { LineEnds } from './line-ends';
import type { SplitAccounting } from './partial';
import type { Split } from './split';

const LF = 0x0a;
const CR = 0x0d;

export interface LineConsumer {
  /** The header line of a file that has one, before any other: without its LF and the CR before it. It is not kept. */
  takeHeader(line: Uint8Array): void;
  /** May take lines from the line start `start` on, as long as they begin before `limit`; gives the start of the first one not taken. */
  takeRun(chunk: Uint8Array, start: number, limit: number): number;
  /**
   * A line at `offset` of the file, without its LF and the CR before it: bytes [start, end). They are not kept. `lines`: how many lines
   * of text it is, where a record may span them.
   */
  takeLine(bytes: Uint8Array, start: number, end: number, offset: number, lines: number): void;
  /** A line longer than maxLineBytes; `sample` is how it begins. */
  takeLongLine(sample: Uint8Array, offset: number, lines: number): void;
}

export interface LineScannerOptions {
  readonly split: Split;
  readonly sizeBytes: number;
  readonly maxLineBytes: number;
  /** The file's first line is its header, which every split has to know. */
  readonly hasHeader: boolean;
  readonly ends: LineEnds;
  readonly consumer: LineConsumer;
  /** Go on after the lines that a checkpoint accounts for. */
  readonly resume?: Pick<SplitAccounting, 'firstOffset' | 'nextOffset' | 'bomBytes' | 'headerBytes' | 'unterminatedLastLine'>;
}

/** head: the file's first bytes, which belong to no line. search: for the LF before the first owned line. line: in an owned line. */
type Phase = 'head' | 'search' | 'line' | 'done';

export class LineScanner {
  bomBytes: 0 | 3 = 0;
  /** Of the split that holds offset 0, where the file has a header line. */
  headerBytes = 0;
  firstOffset: number | null = null;
  /** End of the last owned line so far, or the start of the split. */
  nextOffset: number;
  unterminatedLastLine = false;
  private phase: Phase = 'line';
  /** Offset of the next byte that is needed. */
  private position: number;
  private readonly head: FileHead;
  /** The part of the current line that came in earlier chunks: how long it is, its last byte, and how it begins. */
  private pendingBytes = 0;
  private pendingLastByte = 0;
  private carry = new Uint8Array(0);
  private readonly carryBytesMax: number;

  constructor(private readonly options: LineScannerOptions) {
    const { split, sizeBytes, maxLineBytes, hasHeader, resume } = options;
    this.carryBytesMax = Math.max(maxLineBytes + 1, REJECT_SAMPLE_BYTES_MAX);
    this.head = new FileHead({ sizeBytes, hasHeader, maxLineBytes });
    this.nextOffset = split.startOffset;
    this.position = 0;
    if (resume !== undefined && resume.firstOffset !== null) {
      this.firstOffset = resume.firstOffset;
      this.nextOffset = resume.nextOffset;
      this.bomBytes = resume.bomBytes;
      this.headerBytes = resume.headerBytes ?? 0;
      this.unterminatedLastLine = resume.unterminatedLastLine;
    }
    if (this.nextOffset >= split.endOffset) this.phase = 'done';
    else if (hasHeader || (this.firstOffset === null && split.startOffset <= BOM.length)) this.phase = 'head';
    else this.begin(0);
  }

  get isComplete(): boolean {
    return this.phase === 'done';
  }

  get readOffset(): number {
    return this.position;
  }

  /** Bytes [offset, offset + chunk.length) of the file; those that are not needed are passed over. */
  push(chunk: Uint8Array, offset: number): void {
    if (this.phase === 'head') this.takeHead(chunk, offset);
    if (this.phase === 'search') this.search(chunk, offset);
    if (this.phase === 'line') this.scan(chunk, offset);
  }

  /** The file ends here: what is pending is its last line. */
  end(): void {
    if (this.phase === 'head') {
      this.head.end();
      this.finishHead();
      // A file of fewer bytes than a BOM has come as a whole.
      if (!this.options.hasHeader) this.push(this.head.taken, 0);
    }
    if (this.phase === 'line' && this.pendingBytes > 0) {
      this.unterminatedLastLine = true;
      this.finishPending(this.position - this.pendingBytes);
      this.nextOffset = this.position;
    }
    this.phase = 'done';
  }

  private takeHead(chunk: Uint8Array, offset: number): void {
    const { head } = this;
    head.push(chunk, offset);
    this.position = head.readOffset;
    if (!head.isComplete) return;
    this.finishHead();
    // What follows the head may have come in an earlier chunk than this one.
    if (this.position < offset) this.push(head.taken.subarray(0, offset), 0);
  }

  /** Throws header_unknown, and checkpoint_unusable where the file began otherwise when the checkpoint was taken. */
  private finishHead(): void {
    const { split, hasHeader, consumer } = this.options;
    const { bomBytes, headerBytes, bodyOffset, isUnterminated } = this.head;
    if (hasHeader) consumer.takeHeader(this.head.header);
    // Only the split that holds offset 0 reports them.
    if (split.startOffset === 0) {
      if (this.firstOffset !== null && (this.bomBytes !== bomBytes || this.headerBytes !== headerBytes))
        throw unusable('is of a file with another header');
      this.bomBytes = bomBytes;
      this.headerBytes = headerBytes;
      if (isUnterminated && hasHeader) this.unterminatedLastLine = true;
    }
    this.begin(bodyOffset);
  }

  /** The file's first line begins at `bodyOffset`. */
  private begin(bodyOffset: number): void {
    const { startOffset, endOffset } = this.options.split;
    if (this.firstOffset !== null) {
      this.phase = 'line';
      this.position = this.nextOffset;
    } else if (startOffset <= bodyOffset) {
      this.phase = bodyOffset < endOffset ? 'line' : 'done';
      this.position = bodyOffset;
    } else {
      this.phase = 'search';
      this.position = startOffset - 1;
    }
  }

  private search(chunk: Uint8Array, offset: number): void {
    const { endOffset } = this.options.split;
    const end = Math.min(chunk.length, endOffset - 1 - offset);
    let index = Math.max(0, this.position - offset);
    while (index < end && chunk[index] !== LF) index++;
    if (index < end) {
      this.position = offset + index + 1;
      this.phase = 'line';
    } else {
      this.position = Math.max(this.position, offset + end);
      if (this.position >= endOffset - 1) this.phase = 'done';
    }
  }

  private scan(chunk: Uint8Array, offset: number): void {
    const { maxLineBytes, ends, consumer } = this.options;
    const { length } = chunk;
    let start = this.position - offset;
    if (start >= length) return;
    for (;;) {
      if (this.pendingBytes === 0) start = this.takeRun(chunk, start, offset);
      if (this.isComplete) return;
      const end = ends.find(chunk, start, length);
      if (end === length) break;
      if (ends.isWithinQuotes) throw spansLines(offset + start - this.pendingBytes);
      if (this.pendingBytes > 0) {
        const lineOffset = offset + start - this.pendingBytes;
        this.keepPending(chunk, start, end);
        this.finishPending(lineOffset);
      } else {
        const lineOffset = offset + start;
        this.firstOffset ??= lineOffset;
        const contentEnd = end > start && chunk[end - 1] === CR ? end - 1 : end;
        const lines = 1 + ends.innerLineFeeds;
        if (contentEnd - start <= maxLineBytes) consumer.takeLine(chunk, start, contentEnd, lineOffset, lines);
        else consumer.takeLongLine(chunk.subarray(start, Math.min(contentEnd, start + REJECT_SAMPLE_BYTES_MAX)), lineOffset, lines);
      }
      start = end + 1;
      this.finishLines(offset + start);
    }
    this.keepPending(chunk, start, length);
    this.position = offset + length;
  }

  private takeRun(chunk: Uint8Array, start: number, offset: number): number {
    const limit = Math.min(chunk.length, this.options.split.endOffset - offset);
    const end = this.options.consumer.takeRun(chunk, start, limit);
    if (end > start) {
      this.firstOffset ??= offset + start;
      this.finishLines(offset + end);
    }
    return end;
  }

  /** All lines before `nextOffset` are taken. */
  private finishLines(nextOffset: number): void {
    this.nextOffset = nextOffset;
    if (nextOffset < this.options.split.endOffset) return;
    this.position = nextOffset;
    this.phase = 'done';
  }

  /** Bytes beyond the longest acceptable line are only counted. */
  private keepPending(chunk: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const kept = Math.min(this.pendingBytes, this.carryBytesMax);
    const added = Math.min(end - start, this.carryBytesMax - kept);
    if (kept + added > this.carry.length) this.growCarry(kept + added);
    this.carry.set(chunk.subarray(start, start + added), kept);
    this.pendingBytes += end - start;
    this.pendingLastByte = chunk[end - 1] ?? 0;
  }

  private finishPending(lineOffset: number): void {
    const { maxLineBytes, ends, consumer } = this.options;
    this.firstOffset ??= lineOffset;
    // Only at the end of the file, within quotes, is its last byte an LF.
    const lines = ends.innerLineFeeds + (this.pendingLastByte === LF ? 0 : 1);
    const contentBytes = this.pendingLastByte === CR ? this.pendingBytes - 1 : this.pendingBytes;
    if (contentBytes <= maxLineBytes) consumer.takeLine(this.carry, 0, contentBytes, lineOffset, lines);
    else consumer.takeLongLine(this.carry.subarray(0, Math.min(contentBytes, REJECT_SAMPLE_BYTES_MAX)), lineOffset, lines);
    this.pendingBytes = 0;
  }

  private growCarry(neededBytes: number): void {
    const grown = new Uint8Array(Math.min(this.carryBytesMax, Math.max(neededBytes, 2 * this.carry.length)));
    grown.set(this.carry);
    this.carry = grown;
  }
}

function spansLines(offset: number): TallylineFailure {
  return new TallylineFailure('record_spans_lines', `the line at byte ${offset} ends within quotes`);
}
