/** Writes a case's file as a stream, always the same bytes for the same recipe and size, and adds up its true totals as it goes. */
import { closeSync, openSync } from 'node:fs';
import { createRandom } from '../../src/emitter/random';
import { CSV_COLUMNS, type Recipe, type Truth } from './dataset';
import { LineBuffer } from './line-buffer';

const SPACE = 0x20;
const COMMA = 0x2c;
const POINT = 0x2e;
const QUOTE = 0x22;
/** Key texts are made once where they fit into memory easily. */
const KEY_TEXTS_MAX = 1_000_000;
/** Visits all keys before any comes again; coprime with every number of keys here. */
const KEY_STRIDE = 7_919;

const REGIONS = ['eu-west', 'eu-north', 'us-east', 'ap-south'] as const;
const PRODUCTS = ['storage', 'compute', 'egress', 'requests', 'backup'] as const;
const STATUSES = ['ok', 'ok', 'ok', 'late'] as const;
/** One cell in a hundred is quoted: eight in a hundred lines, of eight cells each. */
const QUOTED_LINES_RATIO = 0.08;
const QUOTED_NOTES = ['"late, sent again"', '"corrected: 1,5 instead of 1,4"', '"marked ""manual"" by hand"'] as const;

export interface Generated {
  readonly bytes: number;
  readonly lines: number;
  readonly truth: Truth;
}

/** Throws a RangeError when a sum could leave the integers that a double holds. */
export function generate(recipe: Recipe, file: string, sizeBytes: number): Generated {
  const descriptor = openSync(file, 'w');
  try {
    return generateInto(new LineBuffer(descriptor), recipe, sizeBytes);
  } finally {
    closeSync(descriptor);
  }
}

function generateInto(out: LineBuffer, recipe: Recipe, sizeBytes: number): Generated {
  const { keys, valueMax } = recipe;
  const random = createRandom(recipe.seed);
  const truth = { sums: new Float64Array(keys), counts: new Float64Array(keys) };
  const writeLine = recipe.layout === 'csv' ? csvLines(out, recipe, random) : plainLines(out, recipe);
  let lines = 0;
  while (out.writtenBytes < sizeBytes) {
    const key = lines < keys ? (lines * KEY_STRIDE) % keys : Math.floor(random() * keys);
    const value = Math.floor(random() * (valueMax + 1));
    writeLine(key, value, lines);
    truth.sums[key] = (truth.sums[key] ?? 0) + value;
    truth.counts[key] = (truth.counts[key] ?? 0) + 1;
    lines += 1;
  }
  out.flush();
  if (lines * valueMax > Number.MAX_SAFE_INTEGER) throw new RangeError(`${recipe.name}: sums of ${lines} lines may leave 2^53`);
  return { bytes: out.writtenBytes, lines, truth };
}

type WriteLine = (key: number, value: number, line: number) => void;

function plainLines(out: LineBuffer, recipe: Recipe): WriteLine {
  const writeKey = keyWriter(out, recipe);
  return (key, value) => {
    writeKey(key);
    out.byte(SPACE);
    writeValue(out, value, recipe.scale);
    out.endLine();
  };
}

/** With a header; quoted are some notes with commas and quotes in them, and some keys. No cell spans lines. */
function csvLines(out: LineBuffer, recipe: Recipe, random: () => number): WriteLine {
  const writeKey = keyWriter(out, recipe);
  out.text(CSV_COLUMNS.join(','));
  out.endLine();
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return (key, value, line) => {
    const isQuoted = random() < QUOTED_LINES_RATIO;
    const isKeyQuoted = isQuoted && line % 8 === 0;
    out.text('2026-11-');
    out.integer(1 + (line % 28), 2);
    out.text('T');
    out.integer(line % 24, 2);
    out.text(':00:00Z,');
    out.text(pick(REGIONS));
    out.text(isKeyQuoted ? ',"' : ',');
    writeKey(key);
    if (isKeyQuoted) out.byte(QUOTE);
    out.byte(COMMA);
    out.text(pick(PRODUCTS));
    out.byte(COMMA);
    out.integer(1 + Math.floor(random() * 99));
    out.byte(COMMA);
    writeValue(out, value, recipe.scale);
    out.byte(COMMA);
    out.text(pick(STATUSES));
    out.byte(COMMA);
    if (isQuoted && !isKeyQuoted) out.text(pick(QUOTED_NOTES));
    out.endLine();
  };
}

function writeValue(out: LineBuffer, value: number, scale: number): void {
  if (scale === 0) return out.integer(value);
  const unit = 10 ** scale;
  const whole = Math.floor(value / unit);
  out.integer(whole);
  out.byte(POINT);
  out.integer(value - whole * unit, scale);
}

function keyWriter(out: LineBuffer, { keys, keyKind, keyText }: Recipe): (key: number) => void {
  if (keyKind === 'integer') return (key) => out.integer(key);
  if (keys > KEY_TEXTS_MAX) return (key) => out.text(keyText(key));
  const texts = Array.from({ length: keys }, (_, index) => Buffer.from(keyText(index), 'latin1'));
  return (key) => {
    const text = texts[key];
    if (text !== undefined) out.copy(text, 0, text.length);
  };
}
