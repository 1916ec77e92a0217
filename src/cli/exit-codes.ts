/** 0 done, 1 a check failed, 2 wrong usage or configuration, 3 something unavailable. Scripts rely on them. */
import { CommanderError } from 'commander';
import { TallylineFailure, type FailureCode } from '../core/failures';

export const EXIT_DONE = 0;
export const EXIT_CHECK_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNAVAILABLE = 3;

const USAGE: readonly FailureCode[] = ['config_invalid', 'pipeline_differs', 'unknown_file', 'not_allowed'];
const UNAVAILABLE: readonly FailureCode[] = [
  'source_unavailable',
  'sink_unavailable',
  'sink_refused',
  'temporal_unavailable',
  'unreadable',
  'vanished',
];

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
  if (error instanceof TallylineFailure) {
    if (USAGE.includes(error.code)) return EXIT_USAGE;
    if (UNAVAILABLE.includes(error.code)) return EXIT_UNAVAILABLE;
  }
  return EXIT_CHECK_FAILED;
}
