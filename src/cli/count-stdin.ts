/** Counts what comes through a pipe, in one thread: nobody can begin in the middle of it. */
import { read } from 'node:fs';
import { promisify } from 'node:util';

import { assembleReceipt } from '../core/assemble-receipt';
import { assertInvariant } from '../core/failures';
import type { Format } from '../core/format';
import { PLAIN_RATIO_CONFIGURED_MAX } from '../core/limits';
import { describePeriods } from '../core/period-key';
import { makePlan, type PeriodRule } from '../core/plan';
import { countStream } from '../kernel/count-stream';
import { planDigestOf } from '../kernel/digest';
import { entriesOf, MemoryRun } from '../kernel/entry-run';
import { attempt, quarantineOverflow, type CountedRuns, type Reading } from './count-file';

/** As a file is called on the command line. */
export const STDIN = '-';

const EMPTY_PIPE_PAUSE_MS = 5;
const readDescriptor = promisify(read);

export async function countStdin(
  { format: asked, compression, recordPeriod, isProven }: Reading,
  progress: SharedArrayBuffer,
): Promise<CountedRuns> {
  // It is one split anyway, so records may span lines from the beginning.
  const format: Format = asked.kind === 'csv' ? { ...asked, spansLines: true } : asked;
  const maybeGzip = compression.mode === 'auto';
  const source = { read: (_offset: number, target: Uint8Array) => readSome(target, progress) };
  const counted = await attempt(STDIN, () => countStream({ source, format, recordPeriod, maybeGzip, isDigested: isProven }));
  const { header, entries, isGzip, storedBytes, storedDigest } = counted;
  const { plain, ...ofText } = header;
  assertInvariant(plain !== undefined, 'nothing says how much was counted');
  const periodRule: PeriodRule = recordPeriod ? { kind: 'record', ...recordPeriod } : { kind: 'none' };
  // Its end and its name are known only now.
  const named = { sizeBytes: storedBytes, splitBytes: Math.max(1, storedBytes), sourceKey: isGzip ? 'stdin.gz' : 'stdin', firstSeenMs: 0 };
  const rule = { ...compression, mode: isGzip ? 'auto' : 'none', plainRatioMax: PLAIN_RATIO_CONFIGURED_MAX } as const;
  const plan = makePlan({ format, compression: rule, periodRule, ...named });
  const runs = [new MemoryRun(entries)];
  const periods = recordPeriod && isProven && { periods: describePeriods(runs.map(entriesOf), recordPeriod.unit) };
  const partials = plan.splits.map((_, splitIndex) => ({ splitIndex, ...(isGzip ? header : ofText) }));
  const assembled = assembleReceipt({ plan, planDigest: planDigestOf(plan), partials, digest: null, ...periods });
  assertInvariant(assembled.kind === 'complete', `the count does not add up: ${JSON.stringify(assembled)}`);
  const receipt = { ...assembled.receipt, contentDigest: Buffer.from(storedDigest).toString('hex') };
  return { file: STDIN, receipt, ...quarantineOverflow(runs) };
}

async function readSome(target: Uint8Array, progress: SharedArrayBuffer): Promise<number> {
  for (;;) {
    try {
      const { bytesRead } = await readDescriptor(process.stdin.fd, target, 0, target.length, null);
      Atomics.add(new BigInt64Array(progress), 0, BigInt(bytesRead));
      return bytesRead;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return 0;
      // A terminal or a pipe that does not block has nothing yet.
      if (code !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, EMPTY_PIPE_PAUSE_MS));
    }
  }
}
