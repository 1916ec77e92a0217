/** From chunks of a file to the lines that one split owns: those whose first byte lies in it. */
import { REJECT_SAMPLE_BYTES_MAX } from './limits';
import type { SplitAccounting } from './partial';
import type { Split } from './split';

const LF = 0x0a;
const CR = 0x0d;
const BOM = [0xef, 0xbb, 0xbf] as const;

export interface LineConsumer {
  /** May take lines from the line start `start` on, as long as they begin before `limit`; gives the start of the first one not taken. */
  takeRun(chunk: Uint8Array, start: number, limit: number): number;
  /** A line at `offset` of the file, without its LF and the CR before it: bytes [start, end). They are not kept. */
  takeLine(bytes: Uint8Array, start: number, end: number, offset: number): void;
  /** A line longer than maxLineBytes; `sample` is how it begins. */
  takeLongLine(sample: Uint8Array, offset: number): void;
}

export interface LineScannerOptions {
  readonly split: Split;
  readonly sizeBytes: number;
  readonly maxLineBytes: number;
  readonly consumer: LineConsumer;
  /** Go on after the lines that a checkpoint accounts for. */
  readonly resume?: Pick<SplitAccounting, 'firstOffset' | 'nextOffset' | 'bomBytes' | 'unterminatedLastLine'>;
}

/** head: are the file's first bytes a BOM? search: for the LF before the first owned line. line: in an owned line. */
type Phase = 'head' | 'search' | 'line' | 'done';

export class LineScanner {
  bomBytes: 0 | 3 = 0;
  firstOffset: number | null = null;
  /** End of the last owned line so far, or the start of the split. */
  nextOffset: number;
  unterminatedLastLine = false;
  private phase: Phase;
  /** Offset of the next byte that is needed. */
  private position: number;
  private readonly head: number[] = [];
  /** The part of the current line that came in earlier chunks: how long it is, its last byte, and how it begins. */
  private pendingBytes = 0;
  private pendingLastByte = 0;
  private carry = new Uint8Array(0);
  private readonly carryBytesMax: number;

  constructor(private readonly options: LineScannerOptions) {
    const { split, maxLineBytes, resume } = options;
    this.carryBytesMax = Math.max(maxLineBytes + 1, REJECT_SAMPLE_BYTES_MAX);
    this.nextOffset = split.startOffset;
    this.phase = split.startOffset <= BOM.length ? 'head' : 'search';
    this.position = split.startOffset <= BOM.length ? 0 : split.startOffset - 1;
    if (resume !== undefined && resume.firstOffset !== null) {
      this.firstOffset = resume.firstOffset;
      this.nextOffset = resume.nextOffset;
      this.bomBytes = resume.bomBytes;
      this.unterminatedLastLine = resume.unterminatedLastLine;
      this.phase = 'line';
      this.position = resume.nextOffset;
    }
    if (this.nextOffset >= split.endOffset) this.phase = 'done';
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
    if (this.phase === 'head') this.takeShortHead();
    if (this.phase === 'line' && this.pendingBytes > 0) {
      this.unterminatedLastLine = true;
      this.finishPending(this.position - this.pendingBytes);
      this.nextOffset = this.position;
    }
    this.phase = 'done';
  }

  private takeHead(chunk: Uint8Array, offset: number): void {
    const { split, sizeBytes } = this.options;
    const headBytes = Math.min(BOM.length, sizeBytes);
    while (this.head.length < headBytes && this.position < offset + chunk.length) this.head.push(chunk[this.position++ - offset] ?? 0);
    if (this.head.length < headBytes) return;
    if (BOM.every((byte, index) => this.head[index] === byte)) {
      // Only the split that holds offset 0 reports it.
      this.bomBytes = split.startOffset === 0 ? 3 : 0;
      this.phase = BOM.length < split.endOffset ? 'line' : 'done';
      return;
    }
    this.phase = split.startOffset === 0 ? 'line' : 'search';
    this.position = Math.max(0, split.startOffset - 1);
    // The head may have come in an earlier chunk than this one.
    if (this.position < offset) this.push(Uint8Array.from(this.head).subarray(0, Math.min(BOM.length, offset)), 0);
  }

  /** A file whose size nobody knew has ended before it could be told from a BOM. */
  private takeShortHead(): void {
    this.phase = 'line';
    this.position = 0;
    this.scan(Uint8Array.from(this.head), 0);
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
    const { maxLineBytes, consumer } = this.options;
    const { length } = chunk;
    let start = this.position - offset;
    if (start >= length) return;
    for (;;) {
      if (this.pendingBytes === 0) start = this.takeRun(chunk, start, offset);
      if (this.isComplete) return;
      let end = start;
      while (end < length && chunk[end] !== LF) end++;
      if (end === length) break;
      if (this.pendingBytes > 0) {
        const lineOffset = offset + start - this.pendingBytes;
        this.keepPending(chunk, start, end);
        this.finishPending(lineOffset);
      } else {
        const lineOffset = offset + start;
        this.firstOffset ??= lineOffset;
        const contentEnd = end > start && chunk[end - 1] === CR ? end - 1 : end;
        if (contentEnd - start <= maxLineBytes) consumer.takeLine(chunk, start, contentEnd, lineOffset);
        else consumer.takeLongLine(chunk.subarray(start, Math.min(contentEnd, start + REJECT_SAMPLE_BYTES_MAX)), lineOffset);
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
    const { maxLineBytes, consumer } = this.options;
    this.firstOffset ??= lineOffset;
    const contentBytes = this.pendingLastByte === CR ? this.pendingBytes - 1 : this.pendingBytes;
    if (contentBytes <= maxLineBytes) consumer.takeLine(this.carry, 0, contentBytes, lineOffset);
    else consumer.takeLongLine(this.carry.subarray(0, Math.min(contentBytes, REJECT_SAMPLE_BYTES_MAX)), lineOffset);
    this.pendingBytes = 0;
  }

  private growCarry(neededBytes: number): void {
    const grown = new Uint8Array(Math.min(this.carryBytesMax, Math.max(neededBytes, 2 * this.carry.length)));
    grown.set(this.carry);
    this.carry = grown;
  }
}
