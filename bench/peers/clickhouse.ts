/** ClickHouse in the process of Python (chdb). Formats that fit the file are tried in turn. */
import { CSV_COLUMNS, CSV_KEY, CSV_VALUE, type Dataset } from '../data/dataset';
import type { Contender, Variant } from '../harness/contender';
import { PYTHON, THREADS } from './places';

export const clickhouse: Contender = {
  name: 'ClickHouse (chdb)',
  role: 'peer',
  variants: (dataset, outputFile) => {
    const columns = `key ${keyType(dataset)}, amount ${valueType(dataset)}`;
    if (dataset.layout === 'csv') {
      const all = CSV_COLUMNS.map(
        (name) => `${name} ${name === CSV_KEY ? keyType(dataset) : name === CSV_VALUE ? valueType(dataset) : 'String'}`,
      );
      const named = `${CSV_KEY} ${keyType(dataset)}, ${CSV_VALUE} ${valueType(dataset)}`;
      const from = (structure: string) =>
        `(SELECT ${CSV_KEY} AS key, ${CSV_VALUE} AS amount FROM ${table(dataset, 'CSVWithNames', structure)})`;
      return [
        variant('CSVWithNames, all columns', from(all.join(', ')), {}, outputFile),
        variant('CSVWithNames, two columns', from(named), { input_format_skip_unknown_fields: '1' }, outputFile),
      ];
    }
    return [
      variant(
        'CSV',
        table(dataset, 'CSV', columns),
        { format_csv_delimiter: "' '", input_format_csv_allow_whitespace_or_tab_as_delimiter: '1' },
        outputFile,
      ),
      variant(
        'CustomSeparated',
        table(dataset, 'CustomSeparated', columns),
        { format_custom_field_delimiter: "' '", format_custom_escaping_rule: dataset.keyKind === 'integer' ? "'Escaped'" : "'CSV'" },
        outputFile,
      ),
      variant('LineAsString', splitLines(dataset), {}, outputFile),
    ];
  },
};

function keyType({ keyKind }: Dataset): string {
  return keyKind === 'integer' ? 'UInt32' : 'String';
}

function valueType({ scale }: Dataset): string {
  return scale === 0 ? 'UInt32' : `Decimal64(${scale})`;
}

function table({ file, compression }: Dataset, format: string, structure: string): string {
  return `file('${file}', ${format}, '${structure}'${compression === 'gzip' ? ", 'gz'" : ''})`;
}

/** The delimiter is looked for by hand, which spares the format's own reader. */
function splitLines(dataset: Dataset): string {
  const key = dataset.keyKind === 'integer' ? 'toUInt32(substring(line, 1, at - 1))' : 'substring(line, 1, at - 1)';
  const text = 'substring(line, at + 1)';
  const amount = dataset.scale === 0 ? `toUInt32(${text})` : `toDecimal64(${text}, ${dataset.scale})`;
  const lines = table(dataset, 'LineAsString', 'line String');
  return `(SELECT ${key} AS key, ${amount} AS amount FROM (SELECT line, position(line, ' ') AS at FROM ${lines}))`;
}

/** Settings of the format belong to the reading alone: outside they would change how totals are written, too. */
function variant(name: string, from: string, settings: Readonly<Record<string, string>>, outputFile: string): Variant {
  const all = Object.entries(settings).map(([setting, value]) => `${setting} = ${value}`);
  const read = all.length === 0 ? from : `(SELECT * FROM ${from} SETTINGS ${all.join(', ')})`;
  const sql = `SELECT key, sum(amount) AS sum, count() AS count FROM ${read} GROUP BY key SETTINGS max_threads = ${THREADS}, output_format_decimal_trailing_zeros = 1`;
  const write = `open(${JSON.stringify(outputFile)}, "wb").write(chdb.query(${JSON.stringify(sql)}, "CSVWithNames").bytes())`;
  return { name, command: [PYTHON, '-c', `import chdb; ${write}`] };
}
