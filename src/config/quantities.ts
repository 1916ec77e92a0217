/** Durations and sizes as people write them: `500ms`, `15s`, `10m`, `1h`, `7d`; `1024`, `2MB`, `64MiB`. */
const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Milliseconds, or null if `value` is no duration. A number alone has no unit and is none. */
export function parseDurationMs(value: unknown): number | null {
  return typeof value === 'string' ? multiply(value, DURATION_UNITS_MS) : null;
}

/** Bytes, or null if `value` is no size. A number alone counts bytes. */
export function parseSizeBytes(value: unknown): number | null {
  return typeof value === 'string' || typeof value === 'number' ? multiply(String(value), SIZE_UNITS_BYTES) : null;
}

/** Whole results only: `0.5s` is 500 ms, `0.5` bytes is nothing. */
function multiply(text: string, units: Readonly<Record<string, number>>): number | null {
  const parts = /^(\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]{0,3})$/.exec(text);
  const unit = parts === null ? undefined : units[parts[2] ?? ''];
  const product = Number(parts?.[1]) * (unit ?? Number.NaN);
  return Number.isSafeInteger(product) ? product : null;
}
