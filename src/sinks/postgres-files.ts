import { Columns, rowsAsJson } from './postgres-columns';
import type { PostgresConnection, PostgresRow, PostgresValue } from './postgres-connection';
import type { Backlog, FileGroup, FileTable, NewFile, StoredFile } from './store';

const FILE = new Columns({
  fileId: ['file_id', 'text'],
  pipeline: ['pipeline', 'text'],
  sourceId: ['source_id', 'text'],
  sourceKey: ['source_key', 'text'],
  generation: ['generation', 'text'],
  sizeBytes: ['size_bytes', 'bigint'],
  version: ['version', 'int'],
  state: ['state', 'text'],
  inVersion: ['in_version', 'int'],
  reason: ['reason', 'text'],
  missingTimes: ['missing_times', 'int'],
  firstSeenMs: ['first_seen_ms', 'bigint'],
  updatedMs: ['updated_ms', 'bigint'],
  detail: ['detail', 'text'],
  plan: ['plan', 'text'],
  planDigest: ['plan_digest', 'text'],
  contentDigest: ['content_digest', 'text'],
  inContentDigest: ['in_content_digest', 'text'],
  period: ['period', 'text'],
});
const SELECTED = `sequence, ${FILE.selected}`;
const FOR_GOOD = ['fileId', 'pipeline', 'sourceId', 'sourceKey', 'generation', 'sizeBytes', 'firstSeenMs'];

/** Rows are numbered by who holds the counter's row, so that nobody sees a number before a lower one that is still to be committed. */
const LOCK_COUNTER = 'SELECT last FROM file_sequence FOR UPDATE';
const INSERT = `
  WITH fresh AS (
    SELECT given.*, $2::bigint + row_number() OVER (ORDER BY place) AS sequence
    FROM (SELECT given.*, row_number() OVER () AS place FROM ${FILE.given('$1')}) AS given
    WHERE NOT EXISTS (SELECT FROM file_rows WHERE file_id = given."fileId")
  ), numbered AS (
    UPDATE file_sequence SET last = $2::bigint + (SELECT count(*) FROM fresh)
  )
  INSERT INTO file_rows (${FILE.names}, sequence) SELECT ${FILE.values}, sequence FROM fresh AS given ON CONFLICT (file_id) DO NOTHING`;
const UPDATE = `UPDATE file_rows SET ${FILE.assignments(...FOR_GOOD)} FROM ${FILE.given('$1')} WHERE file_id = given."fileId"`;

const ENTRIES = `coalesce((SELECT sum(entries) FROM partials
  WHERE partials.file_id = file_rows.file_id AND partials.version = file_rows.version), 0)::bigint`;

export function postgresFiles(connection: PostgresConnection): FileTable {
  const select = async (rest: string, values: readonly PostgresValue[]) =>
    (await connection.rows(`SELECT ${SELECTED} FROM file_rows ${rest}`, values)).map(toFile);
  return {
    read: (fileIds) => select('WHERE file_id = ANY($1)', [fileIds]),
    // In one order, so that two who lock several of the same rows do not wait for each other.
    lock: (fileIds) => select(`WHERE file_id = ANY($1) ORDER BY file_id ${connection.locking('FOR UPDATE')}`, [fileIds]),
    lockCounted: async (pipeline, limit) => {
      const sql = `SELECT ${SELECTED}, ${ENTRIES} AS entries FROM file_rows
        WHERE pipeline = $1 AND state = 'counted' ORDER BY file_id LIMIT $2 ${connection.locking('FOR UPDATE')}`;
      return (await connection.rows(sql, [pipeline, limit])).map((row) => ({ row: toFile(row), entries: row['entries'] as number }));
    },
    generations: (pipeline, files) => {
      const [sources, keys] = [files.map(({ sourceId }) => sourceId), files.map(({ sourceKey }) => sourceKey)];
      const where = `WHERE pipeline = $1 AND (source_key, source_id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`;
      return select(where, [pipeline, keys, sources]);
    },
    bySourceKey: (pipeline, sourceKey) => select('WHERE pipeline = $1 AND source_key = $2 ORDER BY sequence DESC', [pipeline, sourceKey]),
    holders: (pipeline, digests) => select('WHERE pipeline = $1 AND in_content_digest = ANY($2)', [pipeline, digests]),
    list: ({ pipeline, sourceId, states, afterSequence, limit }) => {
      const values: PostgresValue[] = [pipeline, afterSequence, limit];
      const ofSource = sourceId === undefined ? '' : `AND source_id = $${values.push(sourceId)}`;
      // One state by equality, so that the index gives its rows in order and a page costs a page.
      const [state] = states ?? [];
      const isOne = states?.length === 1 && state !== undefined;
      const inStates =
        states === undefined ? '' : isOne ? `AND state = $${values.push(state)}` : `AND state = ANY($${values.push(states)})`;
      return select(`WHERE pipeline = $1 AND sequence > $2 ${ofSource} ${inStates} ORDER BY sequence LIMIT $3`, values);
    },
    count: async (pipeline, state) => {
      const sql = 'SELECT count(*) AS files FROM file_rows WHERE pipeline = $1 AND state = $2';
      return (await connection.rows(sql, [pipeline, state]))[0]?.['files'] as number;
    },
    backlog: async ({ pipeline, sourceId, state, afterSequence }) => {
      const ofState = 'SELECT count(*) FROM file_rows WHERE pipeline = $1 AND source_id = $2 AND state =';
      const sql = `SELECT (${ofState} 'counting') AS counting, (${ofState} 'counted') AS counted, (${ofState} $3 AND sequence <= $4) AS before`;
      const [row] = await connection.rows(sql, [pipeline, sourceId, state, afterSequence]);
      return row as unknown as Backlog;
    },
    groups: async (pipeline) => {
      const sql = `SELECT state, reason, in_version IS NOT NULL AS "isIn", period, count(*) AS files, sum(size_bytes)::bigint AS bytes,
          coalesce(sum(lines), 0)::bigint AS lines, min(first_seen_ms) AS "oldestMs"
        FROM file_rows LEFT JOIN receipts USING (file_id, version) WHERE pipeline = $1 GROUP BY 1, 2, 3, 4`;
      return (await connection.rows(sql, [pipeline])) as unknown as FileGroup[];
    },
    insert: async (rows) => {
      if (rows.length === 0) return 0;
      const [counter] = await connection.rows(LOCK_COUNTER);
      return await connection.run(INSERT, [rowsAsJson(rows.map(toColumns)), counter?.['last'] as number]);
    },
    update: async (rows) => {
      if (rows.length > 0) await connection.run(UPDATE, [rowsAsJson(rows.map(toColumns))]);
    },
  };
}

function toFile(row: PostgresRow): StoredFile {
  const { entries: _, plan, ...columns } = row;
  return { ...columns, plan: typeof plan === 'string' ? (JSON.parse(plan) as unknown) : null } as unknown as StoredFile;
}

function toColumns(row: NewFile): object {
  return { ...row, plan: row.plan && JSON.stringify(row.plan) };
}
