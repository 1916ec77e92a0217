/** 0 done, 1 a check failed, 2 wrong usage or configuration, 3 something unavailable. Scripts rely on them. */
import { CommanderError } from 'commander';
import { TallylineFailure, type FailureCode } from '../core/failures';

const EXIT_DONE = 0;
export const EXIT_CHECK_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_UNAVAILABLE = 3;

const USAGE: readonly FailureCode[] = [
  'config_invalid',
  'pipeline_differs',
  'unknown_file',
  'unknown_plan',
  'plan_too_large',
  'history_pruned',
  'not_allowed',
];
const UNAVAILABLE: readonly FailureCode[] = [
  ...(['source_unavailable', 'source_unfit', 'sink_unavailable', 'commit_unknown', 'sink_refused', 'temporal_unavailable'] as const),
  ...(['unreadable', 'vanished', 'input_unreadable', 'output_unwritable', 'scratch_unavailable'] as const),
];

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
  return error instanceof TallylineFailure ? exitCodeOfCode(error.code) : EXIT_CHECK_FAILED;
}

/** Also of a code that crossed a process edge as text. */
export function exitCodeOfCode(code: string): number {
  if (USAGE.some((known) => known === code)) return EXIT_USAGE;
  return UNAVAILABLE.some((known) => known === code) ? EXIT_UNAVAILABLE : EXIT_CHECK_FAILED;
}
