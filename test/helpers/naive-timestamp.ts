/** The oracle of timestamps: docs/reference/timestamps.md by regular expressions and the platform's Date. It shares no code with the reader. */
import type { RecordPeriod } from '../../src/core/record-period';

type NaivePeriod = { readonly period: string; readonly reason?: never } | { readonly period?: never; readonly reason: string };

const CHARACTERS = { month: 7, day: 10, hour: 13 };
const ISO = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$/;

export function naivePeriod(text: string, { unit, timestamp }: Pick<RecordPeriod, 'unit' | 'timestamp'>): NaivePeriod {
  const instantMs = timestamp === 'iso8601' ? isoInstantMs(text) : unixInstantMs(text, timestamp === 'unixSeconds' ? 1000n : 1n);
  if (instantMs === undefined) return { reason: 'timestamp_syntax' };
  if (instantMs < Date.UTC(2000) || instantMs >= Date.UTC(2100) || Number.isNaN(instantMs)) return { reason: 'timestamp_range' };
  return { period: new Date(instantMs).toISOString().slice(0, CHARACTERS[unit]) };
}

/** NaN: there is no such date, time or offset. */
function isoInstantMs(text: string): number | undefined {
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [, date, time, sign, hours = '00', minutes = '00'] = parts;
  if (Number(hours) > 23 || Number(minutes) > 59) return NaN;
  const localMs = Date.parse(`${date}T${time}.000Z`);
  // 30 February comes back as a day of March, 24:00 as the next day.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString().slice(0, 19) !== `${date}T${time}`) return NaN;
  return localMs - (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
}

function unixInstantMs(text: string, factor: bigint): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(BigInt(text) * factor) : undefined;
}
