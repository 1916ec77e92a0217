import { TallylineFailure, type FailureCode } from './failures';

const CODES: readonly FailureCode[] = ['compressed_damaged', 'compressed_too_large', 'header_unknown', 'record_spans_lines'];

/** What is wrong lies in the bytes of the file, or seems to: bytes of a file that changes while it is read look wrong, too. */
export function isContentFault(error: unknown): error is TallylineFailure {
  return error instanceof TallylineFailure && CODES.includes(error.code);
}

/** Records of the file span lines, and its plan does not know of it. */
export function isSpanningRecord(error: unknown): error is TallylineFailure {
  return error instanceof TallylineFailure && error.code === 'record_spans_lines';
}
