import { REJECT_SAMPLES_PER_REASON_MAX, REJECT_SAMPLE_BYTES_MAX } from './limits';
import { REJECT_REASONS } from './reject';
import type { RejectReason, RejectSample, RejectSummary } from './reject';

/** Rejects while a split is counted. They come in the order of their offsets, so the first samples are the lowest. */
export class RejectTally {
  private readonly tallies = new Map<RejectReason, { count: number; samples: RejectSample[] }>();

  constructor(summary: RejectSummary = {}) {
    for (const reason of REJECT_REASONS) {
      const found = summary[reason];
      if (found !== undefined) this.tallies.set(reason, { count: found.count, samples: [...found.samples] });
    }
  }

  /** One refused record of so many lines that begins with bytes [start, end). */
  add(reason: RejectReason, lines: number, bytes: Uint8Array, start: number, end: number, offset: number): void {
    let tally = this.tallies.get(reason);
    if (tally === undefined) this.tallies.set(reason, (tally = { count: 0, samples: [] }));
    tally.count += lines;
    if (tally.samples.length >= REJECT_SAMPLES_PER_REASON_MAX) return;
    // Not `slice`, which shares the memory if the bytes are a Buffer.
    tally.samples.push({ offset, bytes: new Uint8Array(bytes.subarray(start, Math.min(end, start + REJECT_SAMPLE_BYTES_MAX))) });
  }

  snapshot(): RejectSummary {
    const tallies = [...this.tallies].map(([reason, { count, samples }]) => [reason, { count, samples: [...samples] }] as const);
    return Object.fromEntries(tallies);
  }
}
