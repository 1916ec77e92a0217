import { decideApply, judgeAdmission, type ApplyQuestion, type JudgedFile } from '../../../src/core/apply-decision';

const file = (change: Partial<JudgedFile>): JudgedFile => ({
  fileId: 'me',
  sequence: 5,
  state: 'counted',
  inVersion: null,
  sizeBytes: 10,
  contentDigest: 'mine',
  inContentDigest: null,
  ...change,
});
const isIn = (fileId: string, sequence: number, digest: string): JudgedFile =>
  file({ fileId, sequence, state: 'in', inVersion: 1, contentDigest: digest, inContentDigest: digest });
const ask = (change: Partial<ApplyQuestion>) =>
  decideApply({
    file: file({}),
    contentDigest: 'mine',
    records: 3,
    generations: [file({})],
    holders: [],
    policies: { changedFile: 'quarantine', duplicateContent: 'quarantine' },
    ...change,
  });
const policies = (changedFile: 'quarantine' | 'supersede' | 'count-new', duplicateContent: 'quarantine' | 'count' = 'quarantine') => ({
  changedFile,
  duplicateContent,
});

const APPLY = { kind: 'apply', supersedes: [] };
const NEW_GENERATION = { kind: 'quarantine', reason: 'new_generation' };
const DUPLICATE = { kind: 'quarantine', reason: 'duplicate_content' };

test('a file alone is applied', () => expect(ask({})).toEqual(APPLY));

describe.each(['quarantine', 'supersede', 'count-new'] as const)('under changedFile %s', (changedFile) => {
  test('the content of a generation that is in makes an alias, whatever else is in', () => {
    const generations = [isIn('a', 1, 'other'), isIn('b', 9, 'mine')];
    expect(ask({ generations, holders: [generations[1]!], policies: policies(changedFile) })).toEqual({ kind: 'alias' });
  });

  test('a recount of what is in is applied, whatever other generations are in', () => {
    const me = file({ inVersion: 1, inContentDigest: 'mine' });
    expect(
      ask({
        file: me,
        generations: [me, isIn('a', 1, 'mine'), isIn('b', 9, 'x')],
        holders: [me, isIn('a', 1, 'mine')],
        policies: policies(changedFile),
      }),
    ).toEqual(APPLY);
  });
});

test.each([
  ['is in, seen before', isIn('a', 1, 'x'), NEW_GENERATION],
  ['is in, seen after', isIn('a', 9, 'x'), NEW_GENERATION],
  ['is in while it is recounted', { ...isIn('a', 1, 'x'), state: 'seen' as const }, NEW_GENERATION],
  ['is counting, seen before', file({ fileId: 'a', sequence: 1, state: 'counting' }), NEW_GENERATION],
  ['is counted, seen before', file({ fileId: 'a', sequence: 1, state: 'counted' }), NEW_GENERATION],
  ['is counted, seen after', file({ fileId: 'a', sequence: 9, state: 'counted' }), APPLY],
  ['is only seen', file({ fileId: 'a', sequence: 1, state: 'seen' }), APPLY],
  ['was set aside', file({ fileId: 'a', sequence: 1, state: 'quarantined' }), APPLY],
  ['was superseded', file({ fileId: 'a', sequence: 1, state: 'superseded' }), APPLY],
  ['is in and empty', { ...isIn('a', 1, 'x'), sizeBytes: 0 }, APPLY],
  ['is empty and on its way', file({ fileId: 'a', sequence: 1, state: 'counted', sizeBytes: 0 }), APPLY],
])('by default, beside a generation that %s', (_, other, expected) => {
  expect(ask({ generations: [file({}), other] })).toMatchObject(expected);
});

test('supersede takes out every earlier generation that is in', () => {
  const generations = [isIn('a', 1, 'x'), file({}), isIn('b', 2, 'y'), file({ fileId: 'c', sequence: 3, state: 'counting' })];
  expect(ask({ generations, policies: policies('supersede') })).toEqual({ kind: 'apply', supersedes: [generations[0], generations[2]] });
});

test('supersede gives way to a later generation that is in, even beside an earlier one', () => {
  expect(ask({ generations: [isIn('a', 1, 'x'), isIn('b', 9, 'y')], policies: policies('supersede') })).toEqual({ kind: 'overtaken' });
});

test('count-new counts beside others', () => {
  expect(ask({ generations: [isIn('a', 1, 'x'), isIn('b', 9, 'y')], policies: policies('count-new') })).toEqual(APPLY);
});

describe('the same content', () => {
  const holder = isIn('h', 1, 'mine');
  const out = file({ fileId: 'o', state: 'out' });

  test('in another file is a duplicate, and no generation is superseded for it', () => {
    expect(ask({ holders: [holder] })).toMatchObject(DUPLICATE);
    expect(ask({ holders: [holder], generations: [isIn('a', 1, 'x')], policies: policies('supersede') })).toMatchObject(DUPLICATE);
  });
  test('taken out as another generation is a duplicate; as this very row it is not', () => {
    expect(ask({ generations: [out] })).toMatchObject(DUPLICATE);
    expect(ask({ generations: [file({ state: 'out' })] })).toEqual(APPLY);
    expect(ask({ generations: [{ ...out, contentDigest: 'x' }] })).toEqual(APPLY);
  });
  test('counts when the policy says so, or when no record could bill twice', () => {
    expect(ask({ holders: [holder], generations: [out], policies: policies('quarantine', 'count') })).toEqual(APPLY);
    expect(ask({ holders: [holder], records: 0 })).toEqual(APPLY);
  });
  test('held by the file itself is none', () => expect(ask({ holders: [isIn('me', 5, 'mine')] })).toEqual(APPLY));
  test('found by a recount whose content changed is a duplicate', () => {
    expect(ask({ file: file({ inVersion: 1, inContentDigest: 'before' }), holders: [holder] })).toMatchObject(DUPLICATE);
  });
});

describe('at admission', () => {
  const judge = (other: JudgedFile, changedFile: 'quarantine' | 'supersede' | 'count-new' = 'quarantine', me = file({ state: 'seen' })) =>
    judgeAdmission(me, [me, other], { changedFile });

  test('another size beside a generation that is in, or on its way before it, is set aside at once', () => {
    expect(judge({ ...isIn('a', 9, 'x'), sizeBytes: 11 })).toMatchObject(NEW_GENERATION);
    expect(judge(file({ fileId: 'a', sequence: 1, state: 'counting', sizeBytes: 11 }))).toMatchObject(NEW_GENERATION);
    expect(judge(file({ fileId: 'a', sequence: 9, state: 'counting', sizeBytes: 11 }))).toBeNull();
    expect(judge({ ...isIn('a', 1, 'x'), sizeBytes: 0 })).toBeNull();
  });
  test('the same size, another policy and a recount are judged later', () => {
    expect(judge(isIn('a', 1, 'x'))).toBeNull();
    expect(judge({ ...isIn('a', 1, 'x'), sizeBytes: 11 }, 'supersede')).toBeNull();
    expect(judge({ ...isIn('a', 1, 'x'), sizeBytes: 11 }, 'quarantine', file({ state: 'seen', inVersion: 1 }))).toBeNull();
  });
});
