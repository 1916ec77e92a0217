/** Polars: lazy scan, streaming engine. Its key types and ways to read are tried in turn, since which is fastest depends on the file. */
import { CSV_COLUMNS, CSV_KEY, CSV_VALUE, type Dataset } from '../data/dataset';
import type { Contender, Variant } from '../harness/contender';
import { PYTHON, THREADS } from './places';

export const polars: Contender = {
  name: 'polars',
  role: 'peer',
  variants: (dataset, outputFile) =>
    keyTypes(dataset).flatMap((keyType) =>
      valueTypes(dataset).map(([valueType, amount]) =>
        variant(`${keyType} key, ${valueType}`, scan(dataset, keyType, valueType), amount, outputFile),
      ),
    ),
};

function keyTypes({ keyKind }: Dataset): string[] {
  return keyKind === 'integer' ? ['UInt32', 'Int64', 'String', 'Categorical'] : ['String', 'Categorical'];
}

/** Exact in both: a float of two places times a hundred, rounded, is the integer that was written. */
function valueTypes({ scale }: Dataset): (readonly [type: string, amount: string])[] {
  if (scale === 0) return [['Int64', 'pl.col("amount")']];
  return [
    [`Decimal(18, ${scale})`, 'pl.col("amount")'],
    ['Float64', `(pl.col("amount") * ${10 ** scale}).round().cast(pl.Int64)`],
  ];
}

function scan({ file, layout }: Dataset, keyType: string, valueType: string): string {
  const path = JSON.stringify(file);
  if (layout === 'lines')
    return `pl.scan_csv(${path}, separator=" ", has_header=False, schema={"key": pl.${keyType}, "amount": pl.${valueType}}, quote_char=None)`;
  const schema = CSV_COLUMNS.map((name) => `"${name}": pl.${name === CSV_KEY ? keyType : name === CSV_VALUE ? valueType : 'String'}`);
  return `pl.scan_csv(${path}, schema={${schema.join(', ')}}).select(key="${CSV_KEY}", amount="${CSV_VALUE}")`;
}

function variant(name: string, scanned: string, amount: string, outputFile: string): Variant {
  const query = `${scanned}.group_by("key").agg(sum=${amount}.sum(), count=pl.len()).collect(engine="streaming").write_csv(${JSON.stringify(outputFile)})`;
  return { name, command: [PYTHON, '-c', `import polars as pl; ${query}`], environment: { POLARS_MAX_THREADS: String(THREADS) } };
}
