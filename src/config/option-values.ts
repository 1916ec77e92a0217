/** Kinds of option values. Each states in its meta which values it takes (`allowed`) and what the option is (`description`). */
import { z } from 'zod';

import { parseDurationMs, parseSizeBytes } from './quantities';

const DAY_MS = 86_400_000;
const KIB = 1024;

export function text(pattern: RegExp, allowed: string, description: string): z.ZodString {
  return z.string().regex(pattern).meta({ allowed, description });
}

export function path(description: string): z.ZodString {
  return text(/^[^\0]{1,4000}$/, 'a path', description);
}

/** `judge` says what is wrong with one glob, or null. */
function glob(judge: (glob: string) => string | null): z.ZodString {
  return z
    .string()
    .min(1)
    .max(1000)
    .superRefine((value, context) => {
      const fault = judge(value);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    });
}

export function globText(description: string, judge: (glob: string) => string | null): z.ZodString {
  return glob(judge).meta({ allowed: 'a glob', description });
}

export function globs(least: 0 | 1, description: string, judge: (glob: string) => string | null = () => null): z.ZodArray<z.ZodString> {
  const allowed = least === 0 ? 'a list of at most 100 globs' : 'a list of 1 to 100 globs';
  return z.array(glob(judge)).min(least).max(100).meta({ allowed, description });
}

export function integer(least: number, most: number, description: string): z.ZodInt {
  return z
    .int()
    .min(least)
    .max(most)
    .meta({ allowed: `whole number, ${String(least)} to ${String(most)}`, description });
}

export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
): z.ZodEnum<{ [Value in Values[number]]: Value }> {
  return z.enum(values).meta({ allowed: values.map((value) => `\`${value}\``).join(', '), description });
}

export function duration(leastMs: number, mostMs: number, description: string): z.ZodType<number> {
  return quantity(parseDurationMs, leastMs, mostMs, {
    allowed: `duration such as \`500ms\`, \`15s\`, \`10m\`, \`1h\`; ${showMs(leastMs)} to ${showMs(mostMs)}`,
    description,
  });
}

export function size(leastBytes: number, mostBytes: number, description: string): z.ZodType<number> {
  return quantity(parseSizeBytes, leastBytes, mostBytes, {
    allowed: `size such as \`1024\`, \`2MB\`, \`64MiB\`; ${showBytes(leastBytes)} to ${showBytes(mostBytes)}`,
    description,
  });
}

function quantity(
  parse: (value: unknown) => number | null,
  least: number,
  most: number,
  meta: { allowed: string; description: string },
): z.ZodType<number> {
  return z
    .unknown()
    .transform((value, context) => {
      const amount = parse(value);
      if (amount !== null && amount >= least && amount <= most) return amount;
      context.addIssue({ code: 'custom', input: value });
      return z.NEVER;
    })
    .meta(meta);
}

function showMs(amount: number): string {
  return showLargest(amount, { d: DAY_MS, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }, 's');
}

function showBytes(amount: number): string {
  return showLargest(amount, { TiB: KIB ** 4, GiB: KIB ** 3, MiB: KIB ** 2, KiB: KIB, B: 1 }, 'B');
}

/** In the largest unit that divides it; `units` from large to small. */
function showLargest(amount: number, units: Readonly<Record<string, number>>, zeroUnit: string): string {
  const [unit, size] = Object.entries(units).find(([, candidate]) => amount > 0 && amount % candidate === 0) ?? [zeroUnit, 1];
  return `${String(amount / size)}${unit}`;
}
