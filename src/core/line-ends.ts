/** Where lines end. A line that comes in several chunks is looked at chunk by chunk, so it may be of any length. */
import { QUOTE } from './csv-fields';
import type { Format } from './format';

const LF = 0x0a;

export interface LineEnds {
  /** LFs that the line has in it. */
  readonly innerLineFeeds: number;
  /** The end that was found lies within quotes: the record goes on behind it. */
  readonly isWithinQuotes: boolean;
  /** The index of the LF that ends the line in bytes [start, end), or `end`; the line goes on with the next call then. */
  find(bytes: Uint8Array, start: number, end: number): number;
}

export function lineEndsOf(format: Format): LineEnds {
  return format.kind === 'csv' ? new CsvLineEnds(format.delimiter.byte, format.spansLines ?? false) : new PlainLineEnds();
}

class PlainLineEnds implements LineEnds {
  readonly innerLineFeeds = 0;
  readonly isWithinQuotes = false;

  find(bytes: Uint8Array, start: number, end: number): number {
    let index = start;
    while (index < end && bytes[index] !== LF) index++;
    return index;
  }
}

/**
 * Where the last byte stands: before a field, in an unquoted one (or behind the closing quote and something else), in a quoted one,
 * or at a quote in that, which closes it unless another follows.
 */
const BEFORE_FIELD = 0;
const UNQUOTED = 1;
const QUOTED = 2;
const AT_QUOTE = 3;

class CsvLineEnds implements LineEnds {
  innerLineFeeds = 0;
  isWithinQuotes = false;
  private state = BEFORE_FIELD;
  private isInside = false;

  constructor(
    private readonly delimiterByte: number,
    private readonly spansLines: boolean,
  ) {}

  find(bytes: Uint8Array, start: number, end: number): number {
    if (!this.isInside) {
      this.isInside = true;
      this.state = BEFORE_FIELD;
      this.innerLineFeeds = 0;
    }
    let { state } = this;
    for (let index = start; index < end; index++) {
      const byte = bytes[index];
      if (byte === LF) {
        if (state !== QUOTED || !this.spansLines) {
          this.isWithinQuotes = state === QUOTED;
          this.isInside = false;
          return index;
        }
        this.innerLineFeeds++;
      } else if (state === QUOTED) {
        if (byte === QUOTE) state = AT_QUOTE;
      } else if (byte === this.delimiterByte) state = BEFORE_FIELD;
      else if (byte === QUOTE) state = state === UNQUOTED ? UNQUOTED : QUOTED;
      else state = UNQUOTED;
    }
    this.state = state;
    return end;
  }
}
