/** Columns of a table and the properties that hold them, written once for reading and for writing many rows with one statement. */
type ColumnType = 'text' | 'int' | 'bigint' | 'boolean';
type Column = readonly [name: string, type: ColumnType];

export class Columns {
  /** As a SELECT lists them. */
  readonly selected: string;
  /** As an INSERT lists them. */
  readonly names: string;
  /** Their values in a row of `given`. */
  readonly values: string;
  /** Rows handed over as JSON, under the name `given`. */
  private readonly definition: string;

  constructor(private readonly columns: Readonly<Record<string, Column>>) {
    const entries = Object.entries(columns);
    this.selected = entries.map(([property, [name]]) => `${name} AS "${property}"`).join(', ');
    this.names = entries.map(([, [name]]) => name).join(', ');
    this.values = entries.map(([property]) => `given."${property}"`).join(', ');
    this.definition = entries.map(([property, [, type]]) => `"${property}" ${type}`).join(', ');
  }

  /** For FROM: the rows of a parameter that `rowsAsJson` made. */
  given(parameter: `$${number}`): string {
    return `json_to_recordset(${parameter}::json) AS given(${this.definition})`;
  }

  /** For UPDATE … SET: every column but these. */
  assignments(...except: readonly string[]): string {
    return Object.entries(this.columns)
      .filter(([property]) => !except.includes(property))
      .map(([property, [name]]) => `${name} = given."${property}"`)
      .join(', ');
  }
}

/** Free text may hold what a text of Postgres cannot: NUL, and halves of a character that was cut. */
export function rowsAsJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) => (typeof value === 'string' ? value.replace(/\0|\p{Surrogate}/gu, '\ufffd') : value));
}

/**
 * For FROM: the rows of `table` that belong to each row of `given`, under the name `found`, looked up one by one in its index. Left to
 * itself the planner joins, and joins badly where its statistics are from when the table was empty or not yet committed.
 */
export function lookUp(given: string, table: string, where: string, join: 'JOIN' | 'LEFT JOIN' = 'JOIN'): string {
  return `${given} ${join} LATERAL (SELECT ctid, ${table}.* FROM ${table} WHERE ${where} OFFSET 0) AS found ON true`;
}
