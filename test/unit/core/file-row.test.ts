import {
  decideTransition,
  FILE_STATES,
  FIRST_SIGHT,
  isTerminal,
  type FileEvent,
  type FileRowState,
  type FileState,
} from '../../../src/core/file-row';
import { FAILURES, isQuarantineReason, type QuarantineReason } from '../../../src/core/failures';
import { PARTIAL_MISSING_TIMES_MAX } from '../../../src/core/limits';

const VERSION = 3;

/** A row in this state; `in` holds its own version, the others what `inVersion` says. */
function row(state: FileState, inVersion: number | null = null): FileRowState {
  const reason = state === 'quarantined' ? 'changed' : null;
  return { version: VERSION, state, inVersion: state === 'in' ? VERSION : inVersion, reason, missingTimes: 0 };
}

const EVENTS: Readonly<Record<FileEvent['kind'], FileEvent>> = {
  admit: { kind: 'admit', version: VERSION },
  replan: { kind: 'replan', version: VERSION },
  markCounted: { kind: 'markCounted', version: VERSION },
  apply: { kind: 'apply', version: VERSION },
  alias: { kind: 'alias', version: VERSION },
  overtaken: { kind: 'overtaken', version: VERSION },
  partialMissing: { kind: 'partialMissing', version: VERSION },
  quarantine: { kind: 'quarantine', version: VERSION, reason: 'vanished' },
  generationReturned: { kind: 'generationReturned' },
  retract: { kind: 'retract' },
  supersede: { kind: 'supersede' },
  recount: { kind: 'recount' },
  release: { kind: 'release' },
};

/** Per event, in the order of FILE_STATES: the state it moves to (with +1 where the version rises), or = already, - fenced, x refused. */
const WITHOUT_CONTRIBUTION: Readonly<Record<FileEvent['kind'], string>> = {
  //                    seen        counting    counted     in            out     quarantined superseded  alias
  admit: '              counting    =           -           -             -       -           -           -',
  replan: '             -           counting    -           -             -       -           -           -',
  markCounted: '        -           counted     =           =             -       -           -           -',
  apply: '              -           -           in          =             -       -           -           -',
  alias: '              -           -           alias       -             -       -           -           =',
  overtaken: '          -           -           superseded  -             -       -           =           -',
  partialMissing: '     -           -           counting    -             -       -           -           -',
  quarantine: '         quarantined quarantined -           -             -       =           -           -',
  generationReturned: ' x           x           x           x             x       x           quarantined x',
  retract: '            x           x           x           out+1         =       x           x           x',
  supersede: '          x           x           x           superseded+1  x       x           =           x',
  recount: '            x           x           x           seen+1        seen+1  x           seen+1      seen+1',
  release: '            x           x           x           x             x       seen+1      x           x',
};

/** The states that a row of which an earlier version is in can have; only what differs from the table above. */
const WITH_CONTRIBUTION: readonly (readonly [FileState, FileEvent['kind'], string])[] = (
  ['seen', 'counting', 'counted', 'quarantined'] as const
).flatMap((state) => [[state, 'retract', 'out+1'] as const, [state, 'supersede', 'superseded+1'] as const]);

function outcome(before: FileRowState, event: FileEvent): string {
  const transition = decideTransition(before, event);
  if (transition.kind === 'moved') return `${transition.row.state}${transition.row.version === before.version ? '' : '+1'}`;
  return { already: '=', fenced: '-', refused: 'x' }[transition.kind];
}

const kinds = Object.keys(EVENTS) as FileEvent['kind'][];

describe.each(kinds)('%s', (kind) => {
  const expected = WITHOUT_CONTRIBUTION[kind].trim().split(/\s+/);

  test.each(FILE_STATES.map((state, index) => [state, expected[index]!]))('of a row that is %s gives %s', (state, result) => {
    expect(outcome(row(state), EVENTS[kind])).toBe(result);
  });

  test('of another version is fenced in every state', () => {
    const event = EVENTS[kind];
    if (!('version' in event)) return;
    for (const version of [VERSION - 1, VERSION + 1]) {
      for (const state of FILE_STATES) expect(decideTransition(row(state), { ...event, version })).toEqual({ kind: 'fenced' });
    }
  });

  test('while an earlier version is in differs only where its contribution leaves', () => {
    for (const state of ['seen', 'counting', 'counted', 'quarantined'] as const) {
      const special = WITH_CONTRIBUTION.find(([at, event]) => at === state && event === kind)?.[2];
      const usual = kind === 'alias' || kind === 'overtaken' ? '-' : expected[FILE_STATES.indexOf(state)];
      expect([state, outcome(row(state, 1), EVENTS[kind])]).toEqual([state, special ?? usual]);
    }
  });
});

test('only apply puts a contribution in, only retract and supersede take one out, and only they and taking up anew raise the version', () => {
  for (const inVersion of [null, 1]) {
    for (const state of FILE_STATES) {
      for (const kind of kinds) {
        const before = row(state, inVersion);
        const transition = decideTransition(before, EVENTS[kind]);
        if (transition.kind !== 'moved') continue;
        const after = transition.row;
        const expectedIn = kind === 'apply' ? VERSION : kind === 'retract' || kind === 'supersede' ? null : before.inVersion;
        expect([kind, state, after.inVersion]).toEqual([kind, state, expectedIn]);
        const raises = ['retract', 'supersede', 'recount', 'release'].includes(kind);
        expect([kind, state, after.version]).toEqual([kind, state, VERSION + (raises ? 1 : 0)]);
        expect(after.state === 'quarantined').toBe(after.reason !== null);
      }
    }
  }
});

describe('quarantine of a file that is counted', () => {
  const faultsOfReading: readonly QuarantineReason[] = [
    ...(['changed', 'vanished', 'unreadable', 'worker_lost', 'cancelled'] as const),
    ...(['compressed_damaged', 'compressed_too_large', 'header_unknown'] as const),
  ];
  const judgements = Object.keys(FAILURES).filter((code) => isQuarantineReason(code) && !faultsOfReading.includes(code));
  const quarantine = (reason: string): FileEvent => ({ kind: 'quarantine', version: VERSION, reason: reason as QuarantineReason });

  test.each(faultsOfReading)('is fenced when a late twin reports %s: the count is complete', (reason) => {
    expect(['seen', 'counting', 'counted'].map((state) => outcome(row(state as FileState), quarantine(reason)))).toEqual([
      'quarantined',
      'quarantined',
      '-',
    ]);
    expect(outcome(row('counted', 1), quarantine(reason))).toBe('-');
  });

  test.each(judgements)('is done when its count is judged as %s', (reason) => {
    expect(outcome(row('counted'), quarantine(reason))).toBe('quarantined');
  });
});

test('a partial that is missing for the last time sets the file aside', () => {
  let current: FileRowState = row('counted');
  for (let times = 1; times < PARTIAL_MISSING_TIMES_MAX; times += 1) {
    const transition = decideTransition(current, EVENTS.partialMissing);
    if (transition.kind !== 'moved') throw new Error(transition.kind);
    expect(transition.row).toMatchObject({ state: 'counting', missingTimes: times });
    const counted = decideTransition(transition.row, EVENTS.markCounted);
    if (counted.kind !== 'moved') throw new Error(counted.kind);
    current = counted.row;
  }
  expect(decideTransition(current, EVENTS.partialMissing)).toMatchObject({
    kind: 'moved',
    row: { state: 'quarantined', reason: 'partial_missing' },
  });
});

test('taking a file up anew forgets how often partials were missing', () => {
  const transition = decideTransition({ ...row('quarantined'), missingTimes: 3 }, EVENTS.release);
  expect(transition).toMatchObject({ kind: 'moved', row: { state: 'seen', missingTimes: 0, reason: null, version: VERSION + 1 } });
});

test('a file begins as seen, and what is terminal is what nothing moves by itself', () => {
  expect(FIRST_SIGHT).toEqual({ version: 1, state: 'seen', inVersion: null, reason: null, missingTimes: 0 });
  expect(FILE_STATES.filter((state) => !isTerminal(state))).toEqual(['seen', 'counting', 'counted']);
});
