import type { PipelineConfig } from '../../../src/config/config';
import { toFormat, toPeriodRule, toPolicies, toSinkOptions, toSourceOptions } from '../../../src/config/convert';
import { parseConfig } from '../../../src/config/load-config';
import { pipelineMeaning } from '../../../src/config/pipeline-meaning';
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT } from '../../../src/core/format';
import { DEFAULT_POLICIES } from '../../../src/core/policies';
import type { SourceOptions } from '../../../src/sources/source-options';

function parsePipeline(more = '', source = ''): PipelineConfig {
  const text = `pipelines:\n  - name: usage\n    source: { kind: directory, id: incoming, root: /in${source} }\n${more}`;
  const [pipeline] = parseConfig(text, '/etc/tallyline.yaml').pipelines;
  if (pipeline === undefined) throw new Error('no pipeline');
  return pipeline;
}

test('the defaults of the configuration are those of core', () => {
  const pipeline = parsePipeline();
  expect(toFormat(pipeline)).toEqual(DEFAULT_FORMAT);
  expect(toPolicies(pipeline)).toEqual(DEFAULT_POLICIES);
  expect(toPeriodRule(pipeline)).toEqual({ kind: 'none' });
});

test('CSV names its columns, has defaults of its own, and means what its columns are', () => {
  const pipeline = parsePipeline('    format: { kind: csv, key: [consumer, "site, no."], value: amount, delimiter: ";", scale: 2 }');
  expect(toFormat(pipeline)).toEqual({
    ...DEFAULT_CSV_FORMAT,
    delimiter: { kind: 'byte', byte: 0x3b },
    keyColumns: ['consumer', 'site, no.'],
    valueColumn: 'amount',
    scale: 2,
  });
  const meaning = '"keyColumns":["consumer","site, no."],"periodRule":{"kind":"none"},"scale":2,"unit":"","valueColumn":"amount"';
  expect(pipelineMeaning(pipeline)).toBe(`{${meaning}}`);
  const least = parsePipeline('    format: { kind: csv, key: consumer, value: amount }');
  expect(toFormat(least)).toEqual({ ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer'], valueColumn: 'amount' });
});

test.each([
  ['","', { kind: 'byte', byte: 0x2c }],
  ["'\\t'", { kind: 'byte', byte: 9 }],
  ['"\\t"', { kind: 'byte', byte: 9 }],
  ['"\\0"', { kind: 'byte', byte: 0 }],
  ['whitespace', { kind: 'whitespace' }],
  ['"|"', { kind: 'byte', byte: 0x7c }],
])('delimiter %s', (written, delimiter) => {
  expect(toFormat(parsePipeline(`    format: { delimiter: ${written} }`)).delimiter).toEqual(delimiter);
});

test('a source becomes its options, with what is not set left out', () => {
  const options: SourceOptions = toSourceOptions(parsePipeline());
  expect(options).toEqual({ kind: 'directory', sourceId: 'incoming', root: '/in', include: ['**/*'], exclude: [] });
  const marked: SourceOptions = toSourceOptions(parsePipeline('', ', doneMarker: .done, rootMarker: a/.here'));
  expect(marked).toMatchObject({ doneMarker: '.done', rootMarker: 'a/.here' });
  const announced: SourceOptions = toSourceOptions(parsePipeline('', ', manifest: { suffix: .json, batch: "m/*.json", required: true }'));
  expect(announced).toEqual({ ...options, manifestSuffix: '.json', batchManifests: 'm/*.json' });
});

test.each([
  ['manifest: { required: true }', 'source.manifest needs `suffix`, `batch` or both'],
  ['manifest: { suffix: a/b }', 'source.manifest.suffix cannot be "a/b"'],
  ['manifest: { batch: .m/*.json }', 'source.manifest.batch has ".m/*.json"'],
  ['manifest: { suffix: .json, doneMarker: .done }', 'source.manifest.doneMarker is no option'],
  ['doneMarker: .json, manifest: { suffix: .manifest.json }', 'source.manifest.suffix ends like `doneMarker` (.json)'],
])('%s is refused', (text, fault) => {
  expect(() => parsePipeline('', `, ${text}`)).toThrow(fault);
});

test.each(['/absolute', '../up', 'a/../b', 'a//b', '.', 'a/'])('rootMarker %s is refused', (rootMarker) => {
  expect(() => parsePipeline('', `, rootMarker: "${rootMarker}"`)).toThrow('source.rootMarker');
});

test('a period rule keeps its pattern', () => {
  const pipeline = parsePipeline("    period: { from: sourceKey, unit: month, pattern: '(\\d{4})-(\\d{2})' }");
  expect(toPeriodRule(pipeline)).toEqual({ kind: 'sourceKey', unit: 'month', pattern: '(\\d{4})-(\\d{2})' });
  expect(toPeriodRule(parsePipeline('    period: { from: admission, unit: hour }'))).toEqual({ kind: 'admission', unit: 'hour' });
  const ofRecords = '    format: { fields: 3 }\n    period: { from: record, unit: day, field: 3, timestamp: unixSeconds }';
  expect(toPeriodRule(parsePipeline(ofRecords))).toEqual({ kind: 'record', unit: 'day', field: 3, timestamp: 'unixSeconds' });
});

test('the sink becomes its options', () => {
  const config = parseConfig('pipelines: [{ name: a, source: { kind: directory, id: a, root: a } }]', '/etc/tallyline.yaml');
  expect(toSinkOptions(config)).toEqual({ kind: 'sqlite', path: '/etc/.tallyline/tallyline.db' });
});

describe('the meaning of a pipeline', () => {
  const meaning = (more: string): string => pipelineMeaning(parsePipeline(more));
  const base = meaning('    format: { fields: 4 }');

  test.each([
    '    format: { fields: 4, key: 3 }',
    '    format: { fields: 4, key: [1, 3] }',
    '    format: { fields: 4, value: 3 }',
    '    format: { fields: 4, scale: 2 }',
    '    format: { fields: 4, unit: bytes }',
    '    format: { fields: 4 }\n    period: { from: admission, unit: day }',
  ])('differs with %j', (more) => {
    expect(meaning(more)).not.toBe(base);
  });

  test.each([
    '    format: { fields: 5 }',
    '    format: { delimiter: "," }',
    '    format: { allowNegative: true }',
    '    splitBytes: 1MiB',
    '    policies: { rejects: { maxCount: 5 } }',
  ])('is the same with %j', (more) => {
    expect(meaning(more)).toBe(base);
  });
});
