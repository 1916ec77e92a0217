/** One way to print lists: a table for people, JSON and CSV for programs. stdout is data, stderr is talk. */
import { Option } from 'commander';
import { csvRow } from '../core/csv';

export type OutputFormat = 'table' | 'json' | 'csv';

export function outputOption(formats: readonly OutputFormat[] = ['table', 'json', 'csv']): Option {
  return new Option('--output <format>', 'how to print').choices([...formats]).default('table');
}

export function printRows(format: OutputFormat, columns: readonly string[], rows: readonly (readonly string[])[], json: unknown): void {
  switch (format) {
    case 'json':
      return write(`${JSON.stringify(json, null, 2)}\n`);
    case 'csv':
      return write([columns, ...rows].map((row) => csvRow(row)).join(''));
    case 'table':
      return write(table(columns, rows));
  }
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) => rows.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), column.length));
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [columns, ...rows].map((row) => `${line(row)}\n`).join('');
}

function write(text: string): void {
  process.stdout.write(text);
}
