import { lookUp } from './postgres-columns';
import type { PostgresConnection, PostgresValue } from './postgres-connection';
import { PostgresStaging } from './postgres-staging';
import type { TotalsRow } from './sink';
import type { TotalsTable } from './store-totals';

export type TotalsTableName = 'totals_rows' | 'pruned_totals';

/** Whoever changes totals holds the lock of their pipeline, so that what a merge reads stays until it writes. */
export function postgresTotals(connection: PostgresConnection, table: TotalsTableName): TotalsTable {
  const staging = new PostgresStaging(connection, table);
  const same = `pipeline = $1 AND period = given.period AND key = given.key AND adjusts = given.adjusts`;
  const given = 'unnest($2::text[], $3::bytea[], $4::text[]) AS given(period, key, adjusts)';
  return {
    read: async (pipeline, addresses) => {
      const sql = `SELECT given.*, sum, count FROM ${lookUp(given, table, same)}`;
      const [periods, keys, adjusts] = [
        addresses.map(({ period }) => period),
        addresses.map(({ key }) => key),
        addresses.map((address) => address.adjusts),
      ];
      return (await connection.exactRows(sql, [pipeline, periods, keys, adjusts])) as unknown as TotalsRow[];
    },
    page: async (pipeline, after, limit, period) => {
      const values: PostgresValue[] = [pipeline, limit];
      const ofPeriod = period === undefined ? '' : `AND period = $${values.push(period)}`;
      const behind =
        after === null
          ? ''
          : `AND (period, key, adjusts) > ($${values.push(after.period)}, $${values.push(after.key)}, $${values.push(after.adjusts)})`;
      const sql = `SELECT period, key, adjusts, sum, count FROM ${table} WHERE pipeline = $1 ${ofPeriod} ${behind}
        ORDER BY period, key, adjusts LIMIT $2`;
      return (await connection.exactRows(sql, values)) as unknown as TotalsRow[];
    },
    stage: (_, deltas) => staging.add(deltas),
    unstage: (_, ordinal) => staging.remove(ordinal),
    mergeStaged: (pipeline) => staging.merge(pipeline),
  };
}
