/** Timestamps of every kind that a record may name its period by: most are, some are next to one. */
import fc from 'fast-check';
import type { TimestampKind } from '../../src/core/record-period';

/** 2026-11-01 UTC. */
const START_SECONDS = 1_793_491_200;
const DAY_SECONDS = 86_400;
/** The kernel keeps as many periods, each in the place of its number's rest by this. */
const KEPT_PERIODS = 2048;

/** Days near each other, most of them the same few, and those that share a place with them, by hours and by days. */
const seconds = fc
  .tuple(
    fc.oneof(fc.nat({ max: 3 * DAY_SECONDS }), fc.nat({ max: 40 * DAY_SECONDS })),
    fc.constantFrom(0, 0, 1, 2, -2),
    fc.constantFrom(3600, DAY_SECONDS),
  )
  .map(([within, times, unit]) => START_SECONDS + within + times * KEPT_PERIODS * unit);

/** Parts of a timestamp in their bounds; one of them may be the first beyond. */
const composedIso = fc
  .record({
    month: fc.constantFrom('11', '12'),
    day: fc.constantFrom('01', '30'),
    hour: fc.constantFrom('00', '00', '23'),
    minute: fc.constantFrom('00', '30', '59'),
    second: fc.constantFrom('00', '30', '59'),
    fraction: fc.constantFrom('', '', '', '.1', '.123', '.123456789'),
    zone: fc.constantFrom('Z', 'Z', 'Z', '+01:00', '-01:00', '+23:59', '-23:59'),
    odd: fc.constantFrom(
      ...[
        {},
        {},
        {},
        {},
        {},
        {},
        {},
        {},
        { month: '13' },
        { month: '00' },
        { day: '31' },
        { month: '11', day: '31' },
        { day: '32' },
        { day: '00' },
        { hour: '24' },
      ],
      ...[{ minute: '60' }, { second: '60' }, { fraction: '.' }, { fraction: '.1234567890' }],
      ...[{ zone: '+24:00' }, { zone: '-00:60' }, { zone: '+0100' }, { zone: '' }, { zone: 'Z ' }, { month: '1x' }],
    ),
  })
  .map(({ odd, ...parts }) => {
    const { month, day, hour, minute, second, fraction, zone } = { ...parts, ...odd };
    return `2026-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone}`;
  });

const oddIso = [
  ...['2026-11-23T14:05:06Z', '2026-02-29T00:00:00Z', '2024-02-29T23:59:59+01:30', '2026-12-31T23:30:00-01:00'],
  ...['2000-01-01T00:00:00+00:01', '2099-12-31T23:59:59Z', '2100-01-01T00:00:00Z', '1999-12-31T23:59:59Z', '2026-11-23T24:00:00Z'],
  ...['2026-11-23T14:05:60Z', '2026-11-23T14:60:05Z', '2026-13-01T00:00:00Z', '2026-11-23T14:05:06.123456789Z', '2026-11-23', 'x', ''],
  ...['2026-11-23T14:05:06.1234567890Z', '2026-11-23T14:05:06.Z', '2026-11-23 14:05:06Z', '2026-00-10T00:00:00Z', '2026-11-00T00:00:00Z'],
  ...['2026-11-31T00:00:00Z', '2026-11-23T14:05:06', '2026-11-23T14:05:06+25:00', '2026-11-23T14:05:06+01:60', '2026-11-23T14:05:06+0100'],
  ...['2O26-11-23T14:05:06Z', '2026-11-23T14:05:06ZZ', '2026-11-23T14:05:06z', '2026-11-23T14-05:06Z', '2000-02-29T12:00:00Z'],
];

export const timestamps: Readonly<Record<TimestampKind, fc.Arbitrary<string>>> = {
  iso8601: fc.oneof(
    { weight: 2, arbitrary: seconds.map((instant) => new Date(instant * 1000).toISOString()) },
    { weight: 8, arbitrary: composedIso },
    fc.constantFrom(...oddIso),
  ),
  unixSeconds: fc.oneof(
    { weight: 2, arbitrary: seconds.map(String) },
    fc.constantFrom(
      '946684799',
      '946684800',
      '4102444799',
      '4102444800',
      '0',
      '-1',
      '1.5',
      '0000000001790000000',
      '99999999999999999999',
      'x',
      '',
    ),
  ),
  unixMilliseconds: fc.oneof(
    { weight: 2, arbitrary: seconds.map((instant) => String(instant * 1000 + (instant % 1000))) },
    fc.constantFrom('946684799999', '946684800000', '4102444799999', '4102444800000', '0', '-1', '', '1790000000', '99999999999999999'),
  ),
};
