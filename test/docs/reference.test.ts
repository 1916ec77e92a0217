import { OPTIONS } from '../../src/config/options';
import { FAILURES } from '../../src/core/failures';
import { METRICS } from '../../src/observability/metric-catalogue';
import { readTableRows } from './reference-page';

// Both ways at once: a row that nothing in the code stands for fails as well as one that is missing or differs.
const howTo = 'npm run build && node scripts/generate-docs.mjs';

test(`configuration.md says what the schema says (${howTo})`, () => {
  const expected = OPTIONS.map(({ path, isRequired, defaultValue, allowed, description, ofKind }) => {
    const shownDefault = isRequired ? 'required' : defaultValue === undefined ? 'none' : `\`${JSON.stringify(defaultValue)}\``;
    const shown = ofKind === undefined ? description : `With \`kind: ${ofKind}\`: ${description}`;
    return [`\`${path}\``, shownDefault, allowed, shown];
  });
  expect(readTableRows('configuration.md').sort()).toEqual(expected.sort());
});

test(`failures.md says what the catalogue of failures says (${howTo})`, () => {
  const expected = Object.entries(FAILURES).map(([code, { consequence, remedy }]) => [`\`${code}\``, consequence, remedy]);
  expect(readTableRows('failures.md').sort()).toEqual(expected.sort());
});

test(`metrics.md says what the catalogue of metrics says (${howTo})`, () => {
  const rows = readTableRows('metrics.md');
  const expected = Object.entries(METRICS).map(([name, { type, unit, help }]) => [`\`${name}\``, type, unit, help]);
  expect(rows.map(([name, type, unit, , help]) => [name, type, unit, help]).sort()).toEqual(expected.sort());
  for (const [name, { labels }] of Object.entries(METRICS)) {
    const shown = rows.find(([cell]) => cell === `\`${name}\``)?.[3] ?? '';
    for (const [label, values] of Object.entries(labels)) {
      expect(shown).toContain(`\`${label}\``);
      if (Array.isArray(values)) for (const value of values as string[]) expect(shown).toContain(`\`${value}\``);
    }
  }
});

test('every option, failure and metric is described', () => {
  const texts = [
    ...OPTIONS.flatMap(({ allowed, description }) => [allowed, description]),
    ...Object.values(FAILURES).flatMap(({ consequence, remedy }) => [consequence, remedy]),
    ...Object.values(METRICS).map(({ help }) => help),
  ];
  expect(texts.filter((text) => text.length === 0)).toEqual([]);
});
