/** Scripts rely on them. */
import { exitCodeOf, exitCodeOfCode } from '../../../src/cli/exit-codes';
import { TallylineFailure } from '../../../src/core/failures';

test('a disk without room for temporary files is something unavailable, as a file that cannot be read is', () => {
  expect(exitCodeOf(new TallylineFailure('scratch_unavailable', 'no room'))).toBe(3);
  expect(exitCodeOfCode('input_unreadable')).toBe(3);
});

test('content that cannot be counted is a check that failed', () => {
  expect(exitCodeOfCode('compressed_damaged')).toBe(1);
});
