import { FILE_STATES } from '../../../src/core/file-row';
import { decideLook, type Look } from '../../../src/core/scan-decision';

const look = (change: Partial<Look>): Look => ({
  rowState: null,
  sourceKey: 'f',
  modifiedAtMs: 0,
  isMarkedDone: false,
  firstSeenMs: null,
  nowMs: 10_000,
  quietPeriodMs: 1000,
  requireMarkedDone: false,
  isHeld: false,
  ...change,
});

test.each(FILE_STATES)('a generation whose row is %s is known, or returned when it had been superseded', (rowState) => {
  expect(decideLook(look({ rowState }))).toBe(rowState === 'superseded' ? 'returned' : 'known');
});

test.each([
  ['older than the quiet period', { modifiedAtMs: 9000 }, 'settled'],
  ['modified within it', { modifiedAtMs: 9001 }, 'unsettled'],
  ['modified in the future, first look', { modifiedAtMs: 10_001 }, 'unsettled'],
  ['modified in the future, with no quiet period, first look', { modifiedAtMs: 10_001, quietPeriodMs: 0 }, 'unsettled'],
  [
    'modified in the future, with no quiet period, same look again',
    { modifiedAtMs: 10_001, quietPeriodMs: 0, firstSeenMs: 10_000 },
    'unsettled',
  ],
  ['modified in the future, second look later', { modifiedAtMs: 99_999, firstSeenMs: 9000 }, 'settled'],
  ['modified in the future, second look too early', { modifiedAtMs: 99_999, firstSeenMs: 9001 }, 'unsettled'],
  ['first seen after now, by a clock that went back', { modifiedAtMs: 99_999, firstSeenMs: 20_000 }, 'unsettled'],
  ['modified now, with no quiet period', { modifiedAtMs: 10_000, quietPeriodMs: 0 }, 'settled'],
  ['marked done while it is fresh', { modifiedAtMs: 10_000, isMarkedDone: true }, 'settled'],
  ['old, where only marked files count', { requireMarkedDone: true, firstSeenMs: 0 }, 'unsettled'],
  ['marked, where only marked files count', { requireMarkedDone: true, isMarkedDone: true }, 'settled'],
  ['named with 1,024 bytes', { sourceKey: `${'x'.repeat(1023)}\\xff` }, 'settled'],
  ['named with 1,025 bytes, settled or not', { sourceKey: `${'é'.repeat(512)}\\xff`, modifiedAtMs: 10_000 }, 'too_long'],
] as const)('a new file %s', (_, change, expected) => {
  expect(decideLook(look(change))).toBe(expected);
});

test('a file that waits for its manifest is not settled, however old or marked', () => {
  expect(decideLook(look({ isHeld: true }))).toBe('unsettled');
  expect(decideLook(look({ isHeld: true, isMarkedDone: true }))).toBe('unsettled');
  expect(decideLook(look({ isHeld: true, rowState: 'in' }))).toBe('known');
});
