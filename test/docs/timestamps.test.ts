/** The examples of docs/reference/timestamps.md are judged as the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN, PERIODS_PER_FILE_MAX } from '../../src/core/limits';
import type { TimestampKind } from '../../src/core/record-period';
import { TimestampReader } from '../../src/core/timestamp';

const page = readFileSync(join(__dirname, '../../docs/reference/timestamps.md'), 'utf8');

/** [kind, text, period or reject] of each row of each section's table. */
const examples = (['iso8601', 'unixSeconds', 'unixMilliseconds'] as const).flatMap((kind) => {
  const [, section = ''] = page.split(`## ${kind}\n`);
  const rows = section.split('\n## ')[0]!.matchAll(/^\| `([^`]*)` +\| `([^`]*)` +\|/gm);
  return [...rows].map(([, text = '', expected = '']): [TimestampKind, string, string] => [kind, text, expected]);
});

test('each kind has examples that are accepted and refused', () => {
  for (const kind of ['iso8601', 'unixSeconds', 'unixMilliseconds']) {
    const found = examples.filter(([of]) => of === kind).map(([, , expected]) => expected.replace(/^\d.*/, 'accepted'));
    expect([...new Set(found)].sort()).toEqual(['accepted', 'timestamp_range', 'timestamp_syntax']);
  }
  expect(examples.length).toBeGreaterThan(30);
});

test.each(examples)('%s: %s is %s', (timestamp, text, expected) => {
  const reader = new TimestampReader({ unit: 'hour', timestamp });
  const verdict = reader.read(Buffer.from(text), 0, Buffer.byteLength(text));
  expect(verdict ?? Buffer.from(reader.period).toString()).toBe(expected);
});

test('the bounds that the page names are those of the code', () => {
  for (const seconds of [TIMESTAMP_SECONDS_MIN, TIMESTAMP_SECONDS_MAX]) {
    expect(page).toContain(String(seconds));
    expect(page).toContain(new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'));
  }
  expect(page).toContain(`more than ${PERIODS_PER_FILE_MAX.toLocaleString('en-US')} periods`);
});
