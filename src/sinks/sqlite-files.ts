import type { SqliteConnection, SqliteParameters } from './sqlite-connection';
import type { Backlog, FileGroup, FileTable, NewFile, StoredFile, UnsettledFile, UnsettledTable } from './store';

const FILE_COLUMNS = `
  sequence, file_id AS fileId, pipeline, source_id AS sourceId, source_key AS sourceKey, generation, size_bytes AS sizeBytes, version, state,
  in_version AS inVersion, reason, missing_times AS missingTimes, first_seen_ms AS firstSeenMs, updated_ms AS updatedMs, detail, plan,
  plan_digest AS planDigest, content_digest AS contentDigest, in_content_digest AS inContentDigest, period`;

const INSERT_FILE = `
  INSERT INTO file_rows (file_id, pipeline, source_id, source_key, generation, size_bytes, version, state, in_version, reason, missing_times,
    first_seen_ms, updated_ms, detail, plan, plan_digest, content_digest, in_content_digest, period)
  VALUES (@fileId, @pipeline, @sourceId, @sourceKey, @generation, @sizeBytes, @version, @state, @inVersion, @reason, @missingTimes,
    @firstSeenMs, @updatedMs, @detail, @plan, @planDigest, @contentDigest, @inContentDigest, @period)
  ON CONFLICT (file_id) DO NOTHING`;

const UPDATE_FILE = `
  UPDATE file_rows SET version = @version, state = @state, in_version = @inVersion, reason = @reason, missing_times = @missingTimes,
    updated_ms = @updatedMs, detail = @detail, plan = @plan, plan_digest = @planDigest, content_digest = @contentDigest,
    in_content_digest = @inContentDigest, period = @period
  WHERE file_id = @fileId`;

export function sqliteFiles(connection: SqliteConnection): FileTable {
  const select = (rest: string, parameters: SqliteParameters) =>
    connection.all(`SELECT ${FILE_COLUMNS} FROM file_rows ${rest}`, parameters).map(toFile);
  const one = (sql: string, parameters: SqliteParameters) => connection.all(sql, parameters)[0] ?? {};
  const read = async (fileIds: readonly string[]) =>
    select('WHERE file_id IN (SELECT value FROM json_each(@fileIds))', { fileIds: JSON.stringify(fileIds) });
  return {
    read,
    // BEGIN IMMEDIATE has locked everything.
    lock: read,
    lockCounted: async (pipeline, limit) => {
      const entries =
        'coalesce((SELECT sum(entries) FROM partials WHERE partials.file_id = file_rows.file_id AND partials.version = file_rows.version), 0)';
      const where = `WHERE pipeline = @pipeline AND state = 'counted' ORDER BY file_id LIMIT @limit`;
      const rows = connection.all(`SELECT ${FILE_COLUMNS}, ${entries} AS entries FROM file_rows ${where}`, { pipeline, limit });
      return rows.map((row) => ({ row: toFile(row), entries: Number(row['entries']) }));
    },
    generations: async (pipeline, files) => {
      const keys = JSON.stringify([...new Set(files.map(({ sourceKey }) => sourceKey))]);
      const sources = new Set(files.map(({ sourceId }) => sourceId));
      const rows = select('WHERE pipeline = @pipeline AND source_key IN (SELECT value FROM json_each(@keys))', { pipeline, keys });
      return rows.filter(({ sourceId }) => sources.has(sourceId));
    },
    bySourceKey: async (pipeline, sourceKey) =>
      select('WHERE pipeline = @pipeline AND source_key = @sourceKey ORDER BY sequence DESC', { pipeline, sourceKey }),
    holders: async (pipeline, digests) =>
      select('WHERE pipeline = @pipeline AND in_content_digest IN (SELECT value FROM json_each(@digests))', {
        pipeline,
        digests: JSON.stringify(digests),
      }),
    list: async ({ pipeline, sourceId, states, afterSequence, limit }) => {
      const ofSource = sourceId === undefined ? '' : 'AND source_id = @sourceId';
      // One state by equality, so that the index gives its rows in order and a page costs a page.
      const inStates =
        states === undefined ? '' : states.length === 1 ? 'AND state = @states' : 'AND state IN (SELECT value FROM json_each(@states))';
      const given = states?.length === 1 ? states[0] : JSON.stringify(states);
      const optional = { ...(sourceId !== undefined && { sourceId }), ...(given !== undefined && { states: given }) };
      const where = `WHERE pipeline = @pipeline AND sequence > @afterSequence ${ofSource} ${inStates} ORDER BY sequence LIMIT @limit`;
      return select(where, { pipeline, afterSequence, limit, ...optional });
    },
    count: async (pipeline, state) =>
      Number(one('SELECT count(*) AS files FROM file_rows WHERE pipeline = @pipeline AND state = @state', { pipeline, state })['files']),
    backlog: async ({ pipeline, sourceId, state, afterSequence }) => {
      const ofState = 'SELECT count(*) FROM file_rows WHERE pipeline = @pipeline AND source_id = @sourceId AND state =';
      const sql = `SELECT (${ofState} 'counting') AS counting, (${ofState} 'counted') AS counted,
        (${ofState} @state AND sequence <= @afterSequence) AS before`;
      return numbers(one(sql, { pipeline, sourceId, state, afterSequence })) as unknown as Backlog;
    },
    groups: async (pipeline) => {
      const sql = `SELECT state, reason, in_version IS NOT NULL AS isIn, period, count(*) AS files, sum(size_bytes) AS bytes,
          coalesce(sum(lines), 0) AS lines, min(first_seen_ms) AS oldestMs
        FROM file_rows LEFT JOIN receipts USING (file_id, version) WHERE pipeline = @pipeline GROUP BY 1, 2, 3, 4`;
      return connection.all(sql, { pipeline }).map((row) => ({ ...(numbers(row) as unknown as FileGroup), isIn: row['isIn'] === 1n }));
    },
    insert: async (rows) => rows.reduce((inserted, row) => inserted + connection.run(INSERT_FILE, toParameters(row)), 0),
    update: async (rows) => {
      for (const row of rows) connection.run(UPDATE_FILE, toUpdate(row));
    },
  };
}

export function sqliteUnsettled(connection: SqliteConnection): UnsettledTable {
  return {
    read: async (pipeline, sourceId, sourceKeys) => {
      const sql = `SELECT pipeline, source_id AS sourceId, source_key AS sourceKey, generation, size_bytes AS sizeBytes, first_seen_ms AS firstSeenMs,
          last_seen_ms AS lastSeenMs
        FROM unsettled WHERE pipeline = @pipeline AND source_id = @sourceId AND source_key IN (SELECT value FROM json_each(@keys))`;
      return connection
        .all(sql, { pipeline, sourceId, keys: JSON.stringify(sourceKeys) })
        .map((row) => numbers(row) as unknown as UnsettledFile);
    },
    put: async (rows) => {
      const sql =
        'INSERT OR REPLACE INTO unsettled VALUES (@pipeline, @sourceId, @sourceKey, @generation, @sizeBytes, @firstSeenMs, @lastSeenMs)';
      for (const row of rows) connection.run(sql, { ...row });
    },
    remove: async (pipeline, sourceId, sourceKeys) => {
      const sql =
        'DELETE FROM unsettled WHERE pipeline = @pipeline AND source_id = @sourceId AND source_key IN (SELECT value FROM json_each(@keys))';
      connection.run(sql, { pipeline, sourceId, keys: JSON.stringify(sourceKeys) });
    },
    removeBefore: async (pipeline, sourceId, beforeMs) =>
      connection.run('DELETE FROM unsettled WHERE pipeline = @pipeline AND source_id = @sourceId AND last_seen_ms < @beforeMs', {
        pipeline,
        sourceId,
        beforeMs,
      }),
    summary: async (pipeline) => {
      const sql = `SELECT count(*) AS files, coalesce(sum(size_bytes), 0) AS bytes, coalesce(min(first_seen_ms), 0) AS oldestMs
        FROM unsettled WHERE pipeline = @pipeline`;
      const row = connection.all(sql, { pipeline })[0] ?? {};
      return { files: Number(row['files']), bytes: Number(row['bytes']), oldestMs: Number(row['oldestMs']) };
    },
  };
}

function toFile(row: Readonly<Record<string, unknown>>): StoredFile {
  const plan = row['plan'];
  const { entries: _, ...columns } = numbers(row);
  return { ...columns, plan: typeof plan === 'string' ? (JSON.parse(plan) as unknown) : null } as unknown as StoredFile;
}

/** All integers of these tables are counts, sizes and instants, which fit a number. */
export function numbers(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]));
}

function toParameters(row: NewFile): SqliteParameters {
  const { pipeline, sourceId, sourceKey, generation, sizeBytes, firstSeenMs } = row;
  return { ...toUpdate(row), pipeline, sourceId, sourceKey, generation, sizeBytes, firstSeenMs };
}

function toUpdate(row: NewFile): Record<string, string | number | null> {
  const { fileId, version, state, inVersion, reason, missingTimes, updatedMs, detail, planDigest, contentDigest, inContentDigest, period } =
    row;
  const plan = row.plan && JSON.stringify(row.plan);
  return {
    fileId,
    version,
    state,
    inVersion,
    reason,
    missingTimes,
    updatedMs,
    detail,
    plan,
    planDigest,
    contentDigest,
    inContentDigest,
    period,
  };
}
