import { METRICS } from '../../../src/observability/metric-catalogue';

const PIPELINES_ASSUMED = 100;
const SERIES_PER_METRIC_MAX = 10_000;

test.each(Object.entries(METRICS))('%s follows the conventions of Prometheus names', (name, { type, unit }) => {
  expect(name).toMatch(/^tallyline_[a-z]+(?:_[a-z]+)*$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  if (unit !== '1') expect(name).toMatch(new RegExp(`_${unit}(?:_total)?$`));
  expect(name).not.toMatch(/_(?:ms|millis|kb|mb|percent)(?:_|$)/);
});

test.each(Object.entries(METRICS))('%s has a bounded number of series', (_, { labels, buckets = [] }) => {
  const sizes = Object.values(labels).map((values) => (values === 'open' ? 1 : values === 'pipelines' ? PIPELINES_ASSUMED : values.length));
  expect(sizes.reduce((product, size) => product * size, 1 + buckets.length)).toBeLessThanOrEqual(SERIES_PER_METRIC_MAX);
});

test('no label may hold the name of a file or a key', () => {
  const labels = Object.values(METRICS).flatMap((entry) => Object.keys(entry.labels));
  expect([...new Set(labels)].sort()).toEqual([
    'action',
    'code',
    'node',
    'outcome',
    'pipeline',
    'place',
    'reason',
    'state',
    'version',
    'within',
  ]);
});
