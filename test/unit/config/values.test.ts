import { judgeCron } from '../../../src/config/cron';
import { parseDurationMs, parseSizeBytes } from '../../../src/config/quantities';
import { judgePattern } from '../../../src/config/safe-pattern';

test.each([
  ['500ms', 500],
  ['15s', 15_000],
  ['1.5s', 1500],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['15', null],
  [15, null],
  ['15 sec', null],
  ['-1s', null],
  ['1e3s', null],
  ['0.0001ms', null],
  ['', null],
  [null, null],
  [['1s'], null],
])('duration %j is %j ms', (written, expectedMs) => {
  expect(parseDurationMs(written)).toBe(expectedMs);
});

test.each([
  [1024, 1024],
  ['1024', 1024],
  ['2MB', 2_000_000],
  ['64MiB', 67_108_864],
  ['64 MiB', 67_108_864],
  ['1.5KiB', 1536],
  ['1TiB', 1024 ** 4],
  ['1mib', null],
  ['0.5', null],
  [1.5, null],
  [-1, null],
  ['9007199254740993', null],
  [true, null],
])('size %j is %j bytes', (written, expectedBytes) => {
  expect(parseSizeBytes(written)).toBe(expectedBytes);
});

test.each(['* * * * *', '*/5 * * * *', '0 3 1 JAN,jul mon-fri', '0-30/10 0,12 * * 7', '59 23 31 12 0'])('cron %j is taken', (cron) => {
  expect(judgeCron(cron)).toBeNull();
});

test.each([
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '*/0 * * * *',
  '5-1 * * * *',
  'a * * * *',
  '* * * *',
  '1,,2 * * * *',
])('cron %j is refused', (cron) => {
  expect(judgeCron(cron)).not.toBeNull();
});

test.each([
  '(\\d{4})-(\\d{2})-(\\d{2})',
  '^usage/(?<year>\\d{4})/(\\d\\d)/',
  'x(?:y|z)?_(\\d{4})[*+](\\d+)',
  '.*(\\d{4})',
  'a\\(b\\)+',
  '[(+)]{3}',
])('pattern %j is taken', (pattern) => {
  expect(judgePattern(pattern)).toBeNull();
});

test.each([
  ['(', 'no regular expression'],
  ['(a+)+', 'repeats a group'],
  ['(a|a)*', 'repeats a group'],
  ['(a?){30}a', 'repeats a group'],
  ['(a)\\1', 'back reference'],
  ['(?<y>a)\\k<y>', 'back reference'],
  ['(?=a)b', 'looks ahead'],
  ['(?<!a)b', 'looks ahead'],
  ['.*.*x', 'too long on some names'],
  ['a{0,90}a{0,90}a{0,90}', 'too long on some names'],
  ['a?'.repeat(30), 'too long on some names'],
  ['a'.repeat(201), 'longer than'],
])('pattern %j is refused: %s', (pattern, why) => {
  expect(judgePattern(pattern)).toContain(why);
});

test('the costliest pattern that is taken is quick on the longest name', () => {
  const pattern = '.*(\\d{4})';
  expect(judgePattern(pattern)).toBeNull();
  const startedAtMs = performance.now();
  expect(new RegExp(pattern, 'u').exec('a'.repeat(4096))).toBeNull();
  expect(performance.now() - startedAtMs).toBeLessThan(2000);
});
