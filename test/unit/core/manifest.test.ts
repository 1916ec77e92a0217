import { judgeControl, type FoundTotals } from '../../../src/core/control-totals';
import { MANIFEST_FILES_MAX } from '../../../src/core/limits';
import { parseBatchManifest, parseFileManifest } from '../../../src/core/manifest';
import { isHeld, type ManifestSight } from '../../../src/core/manifest-hold';

const DIGEST = 'a'.repeat(64);
const ALL = { bytes: 20, lines: 3, records: 2, sum: '-12345', contentDigest: DIGEST };
const ofFile = (text: string) => parseFileManifest(text, 'x.json', 'x');
const ofBatch = (files: unknown, manifestKey = 'batch.json') => parseBatchManifest(JSON.stringify({ files }), manifestKey);

/** Throws unless `parse` is refused as malformed, with this in its fact. */
function expectMalformed(parse: () => unknown, fact: string): void {
  const refusal: unknown = expect.objectContaining({ code: 'manifest_malformed', fact: expect.stringContaining(fact) as string });
  let refused: unknown;
  try {
    parse();
  } catch (error) {
    refused = error;
  }
  expect(refused).toEqual(refusal);
}

test('a manifest beside a file states any of the figures, exactly', () => {
  expect(ofFile(JSON.stringify(ALL))).toEqual({ sourceKey: 'x', control: ALL });
  expect(ofFile('{"sum":"0"}')).toEqual({ sourceKey: 'x', control: { sum: '0' } });
  const large = '170141183460469231731687303715884105727';
  expect(ofFile(JSON.stringify({ sum: large })).control).toEqual({ sum: large });
});

test.each([
  ['', 'is no JSON'],
  ['{"bytes":1', 'is no JSON'],
  ['[]', 'is no JSON object'],
  ['null', 'is no JSON object'],
  ['{}', 'holds none of'],
  ['{"byte":1}', 'has "byte"; known are'],
  ['{"bytes":"20"}', 'has bytes "20"'],
  ['{"bytes":-1}', 'has bytes -1'],
  ['{"bytes":1.5}', 'has bytes 1.5'],
  ['{"lines":9007199254740992}', 'has lines 9007199254740992'],
  ['{"sum":12345}', 'has sum 12345'],
  ['{"sum":"007"}', 'has sum "007"'],
  ['{"sum":"-0"}', 'has sum "-0"'],
  ['{"sum":"1.50"}', 'has sum "1.50"'],
  [`{"sum":"${'9'.repeat(40)}"}`, 'has sum "9'],
  [`{"contentDigest":"${'A'.repeat(64)}"}`, 'has contentDigest'],
  ['{"contentDigest":"ab"}', 'has contentDigest "ab"'],
  ['{"__proto__":{"bytes":1}}', 'has "__proto__"'],
])('a manifest that reads %s is refused, and says why', (text, fact) => {
  expectMalformed(() => ofFile(text), fact);
});

test('a batch lists files below the root, or beside itself, each under its one name', () => {
  const listed = ofBatch(
    [{ file: 'a.txt', sum: '5' }, { file: './b.txt' }, { file: 'sub/\\xff.txt' }, { file: 'e\\x41' }],
    'day/batch.json',
  );
  expect(listed).toEqual([
    { sourceKey: 'a.txt', control: { sum: '5' } },
    { sourceKey: 'day/b.txt', control: {} },
    { sourceKey: 'sub/\\xff.txt', control: {} },
    { sourceKey: 'eA', control: {} },
  ]);
  expect(ofBatch([{ file: './b.txt' }])).toEqual([{ sourceKey: 'b.txt', control: {} }]);
  expect(ofBatch([])).toEqual([]);
});

test.each([
  [{}, 'holds no list `files`'],
  [['a.txt'], 'files[0] is no object'],
  [[{ file: 'a' }, { bytes: 1 }], 'files[1] names no `file`'],
  [[{ file: 'a', bites: 1 }], 'files[0] has "bites"'],
  [[{ file: '/a' }], 'names "/a"'],
  [[{ file: '../a' }], 'names "../a"'],
  [[{ file: './../a' }], 'names "./../a"'],
  [[{ file: 'a//b' }], 'names "a//b"'],
  [[{ file: '' }], 'names ""'],
  [[{ file: 'a\\q' }], 'files[0]'],
  [[{ file: 'a'.repeat(1025) }], 'of 1025 bytes'],
  [[{ file: 'A' }, { file: '\\x41' }], 'lists "A" twice'],
  [Array.from({ length: MANIFEST_FILES_MAX + 1 }, (_, index) => ({ file: `f${index}` })), 'at most'],
])('a batch of %j is refused, and says where', (files, fact) => {
  expectMalformed(() => ofBatch(files), fact);
});

test('a batch with a member beside its files is refused', () => {
  expectMalformed(() => parseBatchManifest('{"files":[],"date":1}', 'b'), 'has "date"');
});

const found: FoundTotals = { bytes: 20, lines: 3, records: 2, sum: -12345n, contentDigest: DIGEST };

test('a file that is what its manifest says passes, and figures that are not given or not known are not compared', () => {
  expect(judgeControl(ALL, found, 'm')).toBeNull();
  expect(judgeControl({}, found, 'm')).toBeNull();
  expect(judgeControl({ sum: '7' }, { ...found, sum: null }, 'm')).toBeNull();
});

test('each figure that differs is named with what was expected and what was found', () => {
  expect(judgeControl({ ...ALL, bytes: 21, sum: '-12346' }, found, 'x.json')).toEqual({
    reason: 'control_mismatch',
    detail: 'bytes: expected 21, found 20; sum: expected -12346, found -12345 (manifest x.json)',
  });
  for (const figure of ['lines', 'records'] as const)
    expect(judgeControl({ [figure]: 9 }, found, 'm')?.detail).toBe(`${figure}: expected 9, found ${found[figure]} (manifest m)`);
  expect(judgeControl({ contentDigest: 'b' }, found, 'm')?.detail).toContain(`expected b, found ${DIGEST}`);
});

describe('a file waits for its manifest', () => {
  const sight = (change: Partial<ManifestSight>): ManifestSight => ({
    beside: null,
    known: null,
    isRequired: false,
    isExpected: false,
    hasMalformedBatch: false,
    ...change,
  });
  const beside = { generation: 'g2' };
  const read = { generation: 'g2', isMalformed: false };

  test.each([
    ['without any', sight({}), false],
    ['where one is required', sight({ isRequired: true }), true],
    ['where one is required and a batch lists it', sight({ isRequired: true, isExpected: true }), false],
    ['beside one that was not read', sight({ beside }), true],
    ['beside one that was read', sight({ beside, known: read, isRequired: true }), false],
    ['beside one that changed since it was read', sight({ beside, known: { ...read, generation: 'g1' }, isExpected: true }), true],
    ['beside one that cannot be read', sight({ beside, known: { ...read, isMalformed: true } }), true],
    ['while a batch manifest cannot be read', sight({ hasMalformedBatch: true, isExpected: true }), true],
    ['beside one that was read, while a batch manifest cannot be', sight({ beside, known: read, hasMalformedBatch: true }), false],
  ])('%s: %#', (_, given, held) => expect(isHeld(given)).toBe(held));
});
