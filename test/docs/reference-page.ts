/** Reads the tables of a page under docs/reference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Cells by row, without headers and rules, as written but for the escape of `|`. */
export function readTableRows(page: string): string[][] {
  const text = readFileSync(join(__dirname, '../../docs/reference', page), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) => line.slice(1, line.lastIndexOf('|')).split(/(?<!\\)\|/));
  return rows.map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|'))).filter(([first]) => first?.startsWith('`') === true);
}
