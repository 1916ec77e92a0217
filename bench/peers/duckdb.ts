/** DuckDB: columns given, nothing guessed, order of the file given up. */
import { CSV_COLUMNS, CSV_KEY, CSV_VALUE, type Dataset } from '../data/dataset';
import type { Contender, Variant } from '../harness/contender';
import { PYTHON, THREADS } from './places';

export const duckdb: Contender = {
  name: 'DuckDB',
  role: 'peer',
  variants: (dataset, outputFile) => {
    const direct = keyTypes(dataset).flatMap((keyType) =>
      valueTypes(dataset).map((valueType) =>
        variant(`${keyType} key, ${valueType}`, query(dataset, dataset.file, keyType, valueType, outputFile)),
      ),
    );
    return dataset.compression === 'gzip' ? [...direct, piped(dataset, outputFile)] : direct;
  },
};

function keyTypes({ keyKind }: Dataset): string[] {
  return keyKind === 'integer' ? ['INTEGER', 'VARCHAR'] : ['VARCHAR'];
}

function valueTypes({ scale }: Dataset): string[] {
  return scale === 0 ? ['INTEGER', 'BIGINT'] : [`DECIMAL(9,${scale})`, `DECIMAL(18,${scale})`];
}

function query(dataset: Dataset, file: string, keyType: string, valueType: string, outputFile: string): string {
  const options = ['auto_detect=false', ...layoutOptions(dataset, keyType, valueType)];
  if (file !== dataset.file) options.push("compression='none'");
  const [key, amount] = dataset.layout === 'csv' ? [CSV_KEY, CSV_VALUE] : ['key', 'amount'];
  return (
    `SET threads=${THREADS}; SET preserve_insertion_order=false; COPY (SELECT ${key} AS key, sum(${amount}) AS sum, count(*) AS count ` +
    `FROM read_csv('${file}', ${options.join(', ')}) GROUP BY 1) TO '${outputFile}' (FORMAT csv, HEADER)`
  );
}

function layoutOptions({ layout }: Dataset, keyType: string, valueType: string): string[] {
  if (layout === 'lines')
    return ["delim=' '", 'header=false', "quote=''", "escape=''", `columns={'key': '${keyType}', 'amount': '${valueType}'}`];
  const columns = CSV_COLUMNS.map((name) => `'${name}': '${name === CSV_KEY ? keyType : name === CSV_VALUE ? valueType : 'VARCHAR'}'`);
  return ["delim=','", 'header=true', `quote='"'`, `escape='"'`, `columns={${columns.join(', ')}}`];
}

function variant(name: string, sql: string): Variant {
  return { name, command: [PYTHON, '-c', python(sql)] };
}

/** gzip beside it uses the second core. */
function piped(dataset: Dataset, outputFile: string): Variant {
  const [keyType = '', valueType = ''] = [keyTypes(dataset)[0], valueTypes(dataset)[0]];
  const script = 'gzip -dc "$1" | "$2" -c "$3"';
  const sql = query(dataset, '/dev/stdin', keyType, valueType, outputFile);
  return { name: 'gzip -dc into it', command: ['sh', '-c', script, 'sh', dataset.file, PYTHON, python(sql)] };
}

function python(sql: string): string {
  return `import duckdb; duckdb.connect().execute(${JSON.stringify(sql)})`;
}
