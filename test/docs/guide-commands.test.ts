/** What the guides tell to run exists. That it does what they say is shown by test/integration/guides.test.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { guidePages, inlineCommands, loadGuide, placeOf, readGuide, REPOSITORY } from '../helpers/guide-commands';
import { allOptions, complaintsAbout, createWholeProgram } from '../helpers/guide-options';

const guides = guidePages().map(loadGuide);
const program = createWholeProgram();

/** First lines of blocks that are not for a shell and do not look like YAML either. */
const NO_COMMANDS = [
  '123 12345          consumer, amount',
  '# temporal.toml',
  "emitter's host                        bucket `exchange`                where the database is",
];

test('commands are read with their lines, continuations, comments, documents and output', () => {
  const page = [
    'Text',
    '',
    '    tallyline files      # seen, in',
    '    temporal list \\',
    "      --query 'a # b'",
    '    key,sum',
    '',
    '1. A list, with `tallyline',
    '   status` in it',
    '',
    "       cat > a.yaml <<'END'",
    '       a: 1   # kept',
    '       END',
    '       echo "1#2"',
    '',
    '```yaml',
    'tallyline: 1',
    '```',
  ].join('\n');
  const { commands, data, ...guide } = readGuide('a.md', page);
  expect(commands).toEqual([
    { page: 'a.md', line: 3, text: 'tallyline files', comment: 'seen, in', shown: [] },
    { page: 'a.md', line: 4, text: "temporal list \\\n  --query 'a # b'", comment: '', shown: ['key,sum'] },
    { page: 'a.md', line: 11, text: "cat > a.yaml <<'END'\na: 1   # kept\nEND", comment: '', shown: [] },
    { page: 'a.md', line: 14, text: 'echo "1#2"', comment: '', shown: [] },
  ]);
  expect(data.map(({ line, lines }) => [line, lines])).toEqual([[17, ['tallyline: 1']]]);
  expect(inlineCommands({ commands, data, ...guide }).map(placeOf)).toEqual(['a.md:8: tallyline status']);
});

test('a verb or an option that there is not is found', () => {
  expect(complaintsAbout(program, 'tallyline backfill pla --prefix a')).toEqual(['there is no verb backfill pla']);
  expect(complaintsAbout(program, 'zcat a | tallyline count - --output csv | diff - --brief')).toEqual([]);
  expect(complaintsAbout(program, 'echo a | bin/tallyline count - --outputs=csv')).toEqual(['`tallyline count` has no option --outputs']);
});

test('every block of a guide is known as one of commands or one of data', () => {
  const unknown = guides
    .flatMap(({ data }) => data)
    .filter(({ language, lines: [first = ''] }) => language === '' && !/^[\w.]+:(?: |$)/.test(first) && !NO_COMMANDS.includes(first));
  expect(unknown.map(({ page, line, lines }) => `${page}:${line}: ${lines[0] ?? ''}`)).toEqual([]);
});

test('every verb and option of Tallyline in a guide exists', () => {
  const commands = guides.flatMap((guide) => [...guide.commands, ...inlineCommands(guide)]);
  expect(commands.length).toBeGreaterThan(100);
  const complaints = commands.flatMap((command) => complaintsAbout(program, command.text).map((what) => `${placeOf(command)}: ${what}`));
  expect(complaints).toEqual([]);
});

test('every option that a guide names by itself is one of some verb', () => {
  const known = new Set(allOptions(program));
  const named = guides.flatMap(({ inline }) => inline.filter(({ text }) => text.startsWith('--')));
  const unknown = named.filter(({ text }) => text.match(/--[a-z-]+/g)!.some((option) => !known.has(option)));
  expect(unknown.map(placeOf)).toEqual([]);
});

test('every script and test that a guide has npm run exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const calls = guides.flatMap(({ commands, inline }) => [...commands, ...inline]).filter(({ text }) => /\bnpm (?!ci)/.test(text));
  expect(calls.length).toBeGreaterThan(2);
  for (const call of calls) {
    for (const [, name = ''] of call.text.matchAll(/\bnpm (?:run )?(?!ci\b)([a-z:-]+)/g))
      expect([placeOf(call), scripts]).toHaveProperty(['1', name]);
    for (const [path] of call.text.matchAll(/\btest\/\S+/g))
      expect([placeOf(call), existsSync(join(REPOSITORY, path))]).toEqual([placeOf(call), true]);
  }
});

test('every service that a guide has Docker Compose run exists', () => {
  const { services } = parse(readFileSync(join(REPOSITORY, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: object };
  const calls = guides.flatMap(({ commands }) => commands.filter(({ text }) => text.startsWith('docker compose')));
  const named = calls.flatMap(({ text }) => [...text.matchAll(/(?:run --rm|exec|--scale) ([\w-]+)/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(1);
  expect(Object.keys(services)).toEqual(expect.arrayContaining(named));
});
