'use strict';
/** `node plain-loop-program.js integer|text|csv FILE`: totals as `key,sum,count` on stdout. Believes whatever it reads; decimals are read without their point. */
const { openSync, readSync, writeSync } = require('node:fs');

const CHUNK_BYTES = 1_048_576;
const [kind, file] = process.argv.slice(2);
const [LF, QUOTE, COMMA, POINT, ZERO] = [10, 34, 44, 46, 48];
const descriptor = openSync(file, 'r');
const buffer = Buffer.allocUnsafe(2 * CHUNK_BYTES);

/** Hands out whole lines, as [0, end) of the buffer. */
function forEachChunk(take) {
  let kept = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, kept, CHUNK_BYTES, null);
    if (read === 0) return;
    const end = buffer.lastIndexOf(LF, kept + read - 1) + 1;
    take(end);
    buffer.copy(buffer, 0, end, kept + read);
    kept = kept + read - end;
  }
}

function integerKeys() {
  let sums = new Float64Array(16_384);
  let counts = new Float64Array(16_384);
  forEachChunk((end) => {
    for (let at = 0; at < end;) {
      let key = 0;
      let value = 0;
      let byte;
      while ((byte = buffer[at++]) !== 32) key = key * 10 + byte - ZERO;
      while ((byte = buffer[at++]) !== LF) if (byte !== POINT) value = value * 10 + byte - ZERO;
      if (key >= sums.length) [sums, counts] = [sums, counts].map((old) => grown(old, key));
      sums[key] += value;
      counts[key] += 1;
    }
  });
  return Array.from(sums.keys())
    .filter((key) => counts[key] > 0)
    .map((key) => [key, sums[key], counts[key]]);
}

function grown(old, key) {
  const larger = new Float64Array(2 ** Math.ceil(Math.log2(key + 1)));
  larger.set(old);
  return larger;
}

function textKeys(next) {
  const totals = new Map();
  forEachChunk((end) => {
    for (let at = 0; at < end;) {
      const line = next(at);
      at = line.at;
      if (line.key === null) continue;
      const total = totals.get(line.key);
      if (total === undefined) totals.set(line.key, { sum: line.value, count: 1 });
      else {
        total.sum += line.value;
        total.count += 1;
      }
    }
  });
  return Array.from(totals, ([key, { sum, count }]) => [key, sum, count]);
}

const line = { key: '', value: 0, at: 0 };

function spaceLine(start) {
  const space = buffer.indexOf(32, start);
  line.key = buffer.latin1Slice(start, space);
  line.value = 0;
  let at = space + 1;
  for (let byte; (byte = buffer[at++]) !== LF;) if (byte !== POINT) line.value = line.value * 10 + byte - ZERO;
  line.at = at;
  return line;
}

/** Key in the third column, value in the sixth; quotes of other columns only hide commas. */
let isHeader = true;
function csvLine(start) {
  let at = start;
  let column = 0;
  let isQuoted = false;
  let keyStart = 0;
  line.value = 0;
  for (let byte; (byte = buffer[at]) !== LF; at++) {
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === COMMA && !isQuoted) {
      column += 1;
      if (column === 2) keyStart = at + 1;
      else if (column === 3)
        line.key = buffer[keyStart] === QUOTE ? buffer.latin1Slice(keyStart + 1, at - 1) : buffer.latin1Slice(keyStart, at);
    } else if (column === 5) line.value = line.value * 10 + byte - ZERO;
  }
  if (isHeader) line.key = null;
  isHeader = false;
  line.at = at + 1;
  return line;
}

const rows = kind === 'integer' ? integerKeys() : textKeys(kind === 'csv' ? csvLine : spaceLine);
writeSync(1, 'key,sum,count\n');
for (let start = 0; start < rows.length; start += 10_000) {
  const part = rows.slice(start, start + 10_000);
  const bytes = Buffer.from(part.map((row) => `${row.join(',')}\n`).join(''), 'latin1');
  for (let written = 0; written < bytes.length;) written += writeSync(1, bytes, written);
}
