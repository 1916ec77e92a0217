import { UNREADABLE_ATTEMPTS_MAX } from '../../../src/core/limits';
import { afterAdvance, afterBegin, afterReportedFailure, NO_HISTORY, unreadableDelayMs } from '../../../src/core/split-attempts';

test('each attempt that began and was not heard of again is a lost worker', () => {
  const history = afterBegin(afterBegin(NO_HISTORY));
  expect(history.begunAttempts).toBe(2);
});

test('an attempt that reports its failure is none', () => {
  expect(afterReportedFailure(afterBegin(NO_HISTORY), false).begunAttempts).toBe(0);
});

test('a checkpoint that advances forgets the losses before it', () => {
  expect(afterAdvance()).toEqual(NO_HISTORY);
});

test('a failure after an advance does not hide a later loss', () => {
  const history = afterBegin(afterReportedFailure(afterAdvance(), false));
  expect(history.begunAttempts).toBe(1);
});

test('unreadable attempts add up until another failure or an advance', () => {
  const twice = afterReportedFailure(afterReportedFailure(NO_HISTORY, true), true);
  expect(twice.unreadableAttempts).toBe(2);
  expect(afterReportedFailure(twice, false).unreadableAttempts).toBe(0);
});

test('the attempts at an unreadable file outlast an outage of ten minutes', () => {
  const delays = Array.from({ length: UNREADABLE_ATTEMPTS_MAX - 1 }, (_, index) => unreadableDelayMs(index + 1));
  expect(delays).toEqual([...delays].sort((left, right) => left - right));
  expect(delays.reduce((sum, delayMs) => sum + delayMs, 0)).toBeGreaterThan(600_000);
});
