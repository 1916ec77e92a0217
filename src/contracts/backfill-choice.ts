/** What a backfill counts, out of an input that people write by hand: for `tctl`, `temporal` and the command line alike. */
import { TallylineFailure } from '../core/failures';
import { BACKFILL_KEYS_MAX } from '../core/limits';

export type BackfillChoice =
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'prefix'; readonly prefix: string }
  /** Files last modified in [fromMs, toMs); null is open. */
  | { readonly kind: 'modified'; readonly fromMs: number | null; readonly toMs: number | null };

/** Throws `config_invalid` unless exactly one way of choosing is given, and given as it must be. */
export function parseBackfillChoice(input: unknown): BackfillChoice {
  if (typeof input !== 'object' || input === null) throw invalid('its input is no JSON object');
  const { pipeline, keys, prefix, modifiedFrom, modifiedTo, sourceId } = input as Readonly<Record<string, unknown>>;
  if (typeof pipeline !== 'string' || pipeline === '') throw invalid('its input names no pipeline');
  if (sourceId !== undefined && typeof sourceId !== 'string') throw invalid('sourceId is no text');
  const isRange = modifiedFrom !== undefined || modifiedTo !== undefined;
  const ways = [keys !== undefined, prefix !== undefined, isRange].filter(Boolean).length;
  if (ways !== 1) throw invalid('it needs exactly one of keys, prefix, or modifiedFrom and/or modifiedTo');
  if (keys !== undefined) return { kind: 'keys', keys: parseKeys(keys) };
  if (prefix === undefined) {
    return { kind: 'modified', fromMs: parseInstant(modifiedFrom, 'modifiedFrom'), toMs: parseInstant(modifiedTo, 'modifiedTo') };
  }
  if (typeof prefix !== 'string') throw invalid('prefix is no text');
  return { kind: 'prefix', prefix };
}

function parseKeys(keys: unknown): string[] {
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) throw invalid('keys is no list of texts');
  if (keys.length === 0 || keys.length > BACKFILL_KEYS_MAX) throw invalid(`it takes 1 to ${BACKFILL_KEYS_MAX} keys, not ${keys.length}`);
  return keys;
}

function parseInstant(text: unknown, name: string): number | null {
  if (text === undefined) return null;
  const instantMs = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instantMs)) throw invalid(`${name} ${JSON.stringify(text)} is no ISO 8601 instant such as 2026-11-23T00:00:00Z`);
  return instantMs;
}

function invalid(fact: string): TallylineFailure {
  return new TallylineFailure('config_invalid', `a backfill cannot begin: ${fact}`);
}
