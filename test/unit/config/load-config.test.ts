import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { explainConfig } from '../../../src/config/explain-config';
import { checkConfig, loadConfig, parseConfig } from '../../../src/config/load-config';
import { OPTIONS } from '../../../src/config/options';
import type { TallylineFailure } from '../../../src/core/failures';

const examples = join(__dirname, '../../../examples');
const pipeline = (more = ''): string => `pipelines:
  - name: usage
    source: { kind: directory, id: incoming, root: ./incoming }
${more}`;

/** The faults of a text without the name of the file: `line:column: path message`. */
function faultsOf(text: string, environment: Record<string, string> = {}): string[] {
  try {
    parseConfig(text, 'tallyline.yaml', environment);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: 'TallylineFailure', code: 'config_invalid' });
    return (error as TallylineFailure).fact.split('\n').map((line) => line.replace('tallyline.yaml:', ''));
  }
}

describe('a valid configuration', () => {
  test('of the least size gets every default, and paths from its own directory', () => {
    const config = parseConfig(pipeline(), '/etc/tallyline/tallyline.yaml');
    expect(config.temporal).toEqual({ address: '127.0.0.1:7233', namespace: 'default' });
    expect(config.sink).toEqual({ kind: 'sqlite', path: '/etc/tallyline/.tallyline/tallyline.db' });
    expect(config.worker).toEqual({
      threads: expect.any(Number),
      metricsAddress: { host: '127.0.0.1', port: 9464 },
      shutdownGraceMs: 30_000,
    });
    expect(config.pipelines).toEqual([
      {
        name: 'usage',
        source: {
          kind: 'directory',
          id: 'incoming',
          root: '/etc/tallyline/incoming',
          include: ['**/*'],
          exclude: [],
          quietPeriodMs: 10_000,
        },
        format: {
          kind: 'delimited',
          delimiter: ' ',
          fields: 2,
          key: [1],
          value: 2,
          scale: 0,
          allowNegative: false,
          maxLineBytes: 1_048_576,
          compression: 'auto',
          maxPlainBytes: 256 * 1024 ** 3,
          maxPlainRatio: 200,
          unit: '',
        },
        period: { from: 'none' },
        expect: { withinMs: 3_600_000 },
        schedule: { everyMs: 15_000 },
        window: { files: 50, splits: 8 },
        limits: {},
        checkpoint: { bytes: 256 * 1024 ** 2, intervalMs: 5000 },
        heartbeatTimeoutMs: 60_000,
        policies: { changedFile: 'quarantine', duplicateContent: 'quarantine', unterminatedLastLine: 'quarantine', rejects: {} },
        retention: { contributionsMs: 761 * 86_400_000, rejectSamplesMs: 90 * 86_400_000 },
        verify: { everyMs: 86_400_000 },
      },
    ]);
  });

  test('is frozen all the way down', () => {
    const config = parseConfig(pipeline(), 'tallyline.yaml');
    expect(() => ((config.pipelines[0]?.format as { scale: number }).scale = 2)).toThrow(TypeError);
    expect(() => (config.pipelines as unknown[]).push(1)).toThrow(TypeError);
  });

  test.each(readdirSync(examples).filter((name) => name.endsWith('.yaml')))('is examples/%s', (name) => {
    expect(faultsOf(readFileSync(join(examples, name), 'utf8'))).toEqual([]);
  });

  test('takes Temporal’s address from the environment, which wins', () => {
    const environment = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'billing' };
    expect(parseConfig(pipeline(), 'tallyline.yaml', environment).temporal).toEqual({ address: 'temporal:7233', namespace: 'billing' });
    const text = `temporal: { address: other:1, namespace: other }\n${pipeline()}`;
    expect(parseConfig(text, 'tallyline.yaml', environment).temporal).toEqual({ address: 'temporal:7233', namespace: 'billing' });
    expect(parseConfig(text, 'tallyline.yaml', { TEMPORAL_ADDRESS: '' }).temporal.address).toBe('other:1');
  });
});

describe('an invalid configuration', () => {
  test('is told all its faults at once, each with its place, in the order of the file', () => {
    const faults = faultsOf(`temporal: { adress: "a:1" }
worker:
  threads: many
pipelines:
  - name: Usage
    source: { kind: directory, id: incoming }
    format: { key: [1, 3], value: 1 }
    period: { from: sourceKey, unit: day }
    schedule: { every: 15s, cron: "61 * * * *" }
    checkpoint: { interval: 60s }
    splitBytes: 3 parsecs
  - name: b
    source: { kind: gcs, id: b, root: ./b }
`);
    expect(faults.map((fault) => fault.split(' ', 2).join(' '))).toEqual([
      '1:13: temporal.adress',
      '3:12: worker.threads',
      '5:11: pipelines[0].name',
      '6:13: pipelines[0].source.root',
      '7:20: pipelines[0].format.key',
      '7:35: pipelines[0].format.value',
      '8:13: pipelines[0].period.pattern',
      '9:24: pipelines[0].schedule.every',
      '9:35: pipelines[0].schedule.cron',
      '10:29: pipelines[0].checkpoint.interval',
      '11:17: pipelines[0].splitBytes',
      '13:21: pipelines[1].source.kind',
    ]);
    expect(faults[0]).toContain('is no option; Did you mean `address`? allowed here: `address`, `namespace`');
    expect(faults[1]).toContain('cannot be "many"; allowed: whole number, 1 to 256');
    expect(faults[3]).toContain('is missing; it takes: a path');
  });

  test.each([
    ['', 'pipelines is missing'],
    ['pipelines: []', 'pipelines cannot be []'],
    ['- a\n- b', 'the file cannot be ["a","b"]; allowed: a mapping with `temporal`, `sink`, `exchange`, `worker`, `pipelines`'],
    ['just text', 'the file cannot be "just text"'],
    ['pipelines: usage', 'pipelines cannot be "usage"'],
    ['pipelines: [usage]', 'pipelines[0] cannot be "usage"'],
    ['pipelines:\n  - name: [', 'Flow sequence'],
    ['sink: {}\nsink: {}', 'Map keys must be unique'],
    ['sink: *nowhere', 'Unresolved alias'],
    ['sink: !!js/function x', 'Unresolved tag'],
  ])('%j is refused: %s', (text, expected) => {
    expect(faultsOf(text).join('\n')).toContain(expected);
  });

  test.each([
    ['    format: { delimiter: "7" }', 'format.delimiter'],
    ['    format: { delimiter: "é" }', 'format.delimiter'],
    ['    format: { delimiter: "--" }', 'format.delimiter'],
    ['    format: { delimiter: "\\n" }', 'format.delimiter'],
    ['    format: { fields: 1, value: 1 }', 'format.fields'],
    ['    format: { key: 0 }', 'format.key'],
    ['    format: { key: [] }', 'format.key'],
    ['    format: { key: first }', 'format.key'],
    ['    format: { key: [1, 1] }', 'format.key'],
    ['    format: { key: 2 }', 'format.value'],
    ['    format: { value: 3 }', 'format.value'],
    ['    format: { scale: 19 }', 'format.scale'],
    ['    format: { scale: 1.5 }', 'format.scale'],
    ['    format: { allowNegative: "yes" }', 'format.allowNegative'],
    ['    format: { maxLineBytes: 17MiB }', 'format.maxLineBytes'],
    ['    format: { unit: "a\\tb" }', 'format.unit'],
    ['    format: { kind: cvs }', 'format.kind'],
    ['    format: { kind: csv, value: a }', 'format.key'],
    ['    format: { kind: csv, key: a }', 'format.value'],
    ['    format: { kind: csv, key: a, value: b, fields: 2 }', 'format.fields'],
    ['    format: { kind: csv, key: 1, value: b }', 'format.key'],
    ['    format: { kind: csv, key: [], value: b }', 'format.key'],
    ['    format: { kind: csv, key: [a, a], value: b }', 'format.key'],
    ['    format: { kind: csv, key: [a, b], value: b }', 'format.value'],
    ['    format: { kind: csv, key: a, value: "" }', 'format.value'],
    ['    format: { kind: csv, key: a, value: b, delimiter: "\\"" }', 'format.delimiter'],
    ['    format: { kind: csv, key: a, value: b, delimiter: whitespace }', 'format.delimiter'],
    ['    period: day', 'period'],
    ['    period: { from: admission }', 'period.unit'],
    ['    period: { unit: day }', 'period.unit'],
    ['    period: { from: sourceKey, unit: day, pattern: "(\\\\d+)" }', 'period.pattern'],
    ['    period: { from: sourceKey, unit: month, pattern: "(" }', 'period.pattern'],
    ['    period: { from: admission, unit: day, pattern: "x" }', 'period.pattern'],
    ['    period: { from: admission, unit: day, field: 2 }', 'period.field'],
    ['    period: { from: record, unit: day, timestamp: iso8601 }', 'period.field'],
    ['    period: { from: record, unit: day, field: 1 }', 'period.timestamp'],
    ['    period: { from: record, unit: day, field: 1, timestamp: unix }', 'period.timestamp'],
    ['    period: { from: record, field: 1, timestamp: iso8601 }', 'period.unit'],
    ['    period: { from: record, unit: day, field: 3, timestamp: iso8601 }', 'period.field'],
    ['    period: { from: record, unit: day, field: 2, timestamp: iso8601 }', 'period.field'],
    ['    period: { from: record, unit: day, field: time, timestamp: iso8601 }', 'period.field'],
    ['    format: { delimiter: ":" }\n    period: { from: record, unit: day, field: 1, timestamp: iso8601 }', 'period.timestamp'],
    ['    expect: { every: 1 }', 'expect.every'],
    ['    expect: { within: soon }', 'expect.within'],
    ['    schedule: { every: 0s }', 'schedule.every'],
    ['    schedule: { every: 15 }', 'schedule.every'],
    ['    schedule: { cron: "* * * *" }', 'schedule.cron'],
    ['    heartbeatTimeout: 4s', 'checkpoint.interval'],
    ['    window: { files: 0 }', 'window.files'],
    ['    policies: { changedFile: count }', 'policies.changedFile'],
    ['    policies: { rejects: { maxRatio: 1.1 } }', 'policies.rejects.maxRatio'],
    ['    policies: { rejects: { maxCount: -1 } }', 'policies.rejects.maxCount'],
    ['    polices: {}', 'polices'],
  ])('%s is refused at %s', (line, path) => {
    const faults = faultsOf(pipeline(line));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`: pipelines[0].${path} `);
  });

  test('says what is allowed with the kind that is written', () => {
    expect(
      faultsOf(pipeline('    format: { kind: csv, key: 1, value: b, delimiter: ab, fields: 2 }')).map((fault) => fault.slice(6)),
    ).toEqual([
      expect.stringContaining('pipelines[0].format.key cannot be 1; allowed: the name of a column, or a list of at most 16'),
      expect.stringContaining(
        'pipelines[0].format.delimiter cannot be "ab"; allowed: one ASCII character other than LF, CR, a digit, `-`, `.` or',
      ),
      expect.stringContaining('pipelines[0].format.fields has no meaning with this `kind`'),
    ]);
    expect(faultsOf(pipeline('    format: { key: a }'))).toEqual([expect.stringContaining('allowed: the number of a field')]);
  });

  test('names an environment variable that is at fault', () => {
    expect(faultsOf(pipeline(), { TEMPORAL_ADDRESS: 'no port' })).toEqual([
      'environment variable TEMPORAL_ADDRESS: temporal.address cannot be "no port"; allowed: host:port',
    ]);
  });

  test('has two pipelines of one name', () => {
    const second = '  - name: usage\n    source: { kind: directory, id: other, root: ./other }\n';
    expect(faultsOf(pipeline() + second)).toEqual([expect.stringContaining('4:11: pipelines[1].name is the name of another pipeline too')]);
  });

  test.each([
    ['./incoming/tallyline.db', true],
    ['./incoming/data/tallyline.db', true],
    ['./incoming/.tallyline/tallyline.db', false],
    ['./incoming-totals/tallyline.db', false],
    ['../tallyline.db', false],
  ])('keeps its database at %s, in the root of its source: %s', (path, isRefused) => {
    expect(faultsOf(`sink: { path: ${path} }\n${pipeline()}`).some((fault) => fault.includes('source.root holds the database'))).toBe(
      isRefused,
    );
  });

  test.each(['.spool/**', './.spool/**', 'a/.b/*.txt', '{.a,.b}/*', '\\.spool/*', '[.]spool/**', '../other/*'])(
    'includes %s, which only matches where the walk never goes',
    (glob) => {
      const [fault, ...others] = faultsOf(pipeline().replace('root: ./incoming', `root: ./incoming, include: ['**/*', '${glob}']`));
      expect(others).toEqual([]);
      expect(fault).toContain(`pipelines[0].source.include has "${glob}", which matches only below`);
      expect(fault).toContain('never entered');
    },
  );

  test.each(['**/*', '.hidden-file', 'a/.b', 'a.b/*.c', './a/*', '{.a,b}/*', '**/.*'])('may include %s', (glob) => {
    expect(faultsOf(pipeline().replace('root: ./incoming', `root: ./incoming, include: ['${glob}']`))).toEqual([]);
  });

  test('includes nothing', () => {
    expect(faultsOf(pipeline().replace('root: ./incoming', 'root: ./incoming, include: []'))).toEqual([
      expect.stringContaining('pipelines[0].source.include cannot be []; allowed: a list of 1 to 100 globs'),
    ]);
    expect(faultsOf(pipeline().replace('root: ./incoming', 'root: ./incoming, exclude: []'))).toEqual([]);
  });

  test('is a file that is not there', () => {
    expect(() => loadConfig('/nowhere/tallyline.yaml')).toThrow('/nowhere/tallyline.yaml: there is no such file');
  });

  test('is a file of more than 1 MiB', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tallyline-config-'));
    writeFileSync(join(directory, 'tallyline.yaml'), `#${'x'.repeat(1024 ** 2)}`);
    expect(() => loadConfig(join(directory, 'tallyline.yaml'))).toThrow('at most 1048576 are read');
    rmSync(directory, { recursive: true });
  });

  test('is a bomb of aliases', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) lines.push(`a${String(level)}: &a${String(level)} [${`*a${String(level - 1)}, `.repeat(10)}]`);
    expect(faultsOf(lines.join('\n'))[0]).toContain('alias');
  });
});

describe('explanation', () => {
  test('shows every option of every pipeline with its value and origin', () => {
    const text = pipeline('    period: none\n    splitBytes: 1MiB\n');
    const explained = explainConfig(checkConfig(text, 'tallyline.yaml', { TEMPORAL_NAMESPACE: 'billing' }));
    const find = (option: string): unknown => explained.find((row) => row.option === option);
    const ofOtherKinds = OPTIONS.filter(
      ({ ofKind, path }) => ['postgres', 's3', 'agent', 'csv'].includes(ofKind ?? '') || path.startsWith('exchange.'),
    );
    expect(explained).toHaveLength(OPTIONS.length - 1 - ofOtherKinds.length);
    expect(find('temporal.address')).toMatchObject({ value: '127.0.0.1:7233', origin: 'default' });
    expect(find('temporal.namespace')).toMatchObject({ value: 'billing', origin: 'environment' });
    expect(find('pipelines[0].splitBytes')).toMatchObject({ value: '1MiB', origin: 'file' });
    expect(find('pipelines[0].period.from')).toMatchObject({ value: 'none', origin: 'file' });
    expect(find('pipelines[0].schedule.every')).toMatchObject({ value: '15s', origin: 'default' });
    expect(find('pipelines[0].schedule.cron')).toMatchObject({ value: null, origin: 'default' });
  });

  test('of CSV shows its own options and defaults', () => {
    const explained = explainConfig(checkConfig(pipeline('    format: { kind: csv, key: a, value: b }\n'), 'tallyline.yaml', {}));
    const ofFormat = explained.filter(({ option }) => option.startsWith('pipelines[0].format.'));
    const values = Object.fromEntries(ofFormat.map(({ option, value }) => [option.split('.').at(-1), value]));
    expect(values).toEqual({
      ...{ kind: 'csv', key: 'a', value: 'b', delimiter: ',', scale: 0, allowNegative: false, maxLineBytes: '1MiB', unit: '' },
      ...{ compression: 'auto', maxPlainBytes: '256GiB', maxPlainRatio: 200 },
    });
  });

  test('the example that lists everything does so, at the defaults', () => {
    const text = readFileSync(join(examples, 'everything.yaml'), 'utf8');
    const explained = explainConfig(checkConfig(text, 'tallyline.yaml', {}));
    const isLeftOut = (option: string): boolean => /\.(schedule\.cron|period\.(field|timestamp))$/.test(option);
    expect(explained.filter(({ origin, option }) => origin !== 'file' && !isLeftOut(option))).toEqual([]);
    for (const { option, value } of explained) {
      const { defaultValue } = OPTIONS.find(({ path }) => path === option.replace('[0]', '[]')) ?? {};
      if (defaultValue !== undefined && option !== 'pipelines[0].period.from') expect([option, value]).toEqual([option, defaultValue]);
    }
  });
});
