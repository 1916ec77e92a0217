/** The contents that files of the model have: few, so that they meet again. */
import { countedContent, type CountedContent, type Line } from '../helpers/counted-content';

export interface Content {
  /** A recount may cut it otherwise, and put it into another period. */
  readonly plans: readonly CountedContent[];
  readonly hasRecords: boolean;
  /** The total of key `e` leaves 64 bits with two of these in one period. */
  readonly isBig: boolean;
  /** Why no file with this content may ever be in. */
  readonly refusedAs: 'reject_budget' | 'sum_overflow' | null;
}

const BIG = 2n ** 62n;

function content(lines: readonly Line[], more: Partial<Content> = {}): Content {
  const plans = [countedContent(lines), countedContent(lines, { cutAt: 1, period: '2026-11' })];
  return { plans, hasRecords: lines.length > 0, isBig: false, refusedAs: null, ...more };
}

const TEN: readonly Line[] = [
  ['a', 10n],
  ['c', 5n],
];
const BIG_LINES: readonly Line[] = [
  ['e', BIG],
  ['a', 2n],
];

export const CONTENTS: readonly Content[] = [
  content([
    ['a', 1n],
    ['b', 2n],
    ['a', 3n],
  ]),
  content(TEN),
  content([
    ['b', 7n],
    ['b', 8n],
    ['d', 1n],
    ['a', 1n],
  ]),
  content(BIG_LINES, { isBig: true }),
  content(
    [
      ['e', BIG - 1n],
      ['e', 1n],
      ['c', 2n],
    ],
    { isBig: true },
  ),
  content([]),
  content([...BIG_LINES, ['e', BIG]], { refusedAs: 'sum_overflow' }),
  content(
    [
      ['a', 1n],
      ['b', 'x'],
      ['a', 3n],
    ],
    { refusedAs: 'reject_budget' },
  ),
];

/** Never what split 0 of another content comes to; beside any other split 1 it leaves a gap, so that it can be found out. */
export const FOREIGN_PARTIAL = countedContent(TEN, { cutAt: 1 }).partials[0]!;
