/**
 * What BI tools may rely on: the views of sqlite-views.ts, with the same names and columns, in the types of Postgres. They are replaced
 * and never dropped, so that who was allowed to read them still is.
 */

/** A key of several fields is shown with tabs between them. A text cannot hold the NUL that is there, which only fields are parted by. */
const KEY_TEXT = `CASE WHEN position('\\x00'::bytea IN key) = 0 THEN convert_from(key, 'UTF8')
    ELSE convert_from(decode(replace(regexp_replace(encode(key, 'hex'), '(..)', '\\1 ', 'g'), '00 ', '09 '), 'hex'), 'UTF8') END`;
const instant = (column: string) => `to_timestamp(${column} / 1000.0)`;

/** Plans are counted under names of their own, which are nobody's totals. */
const NO_PLAN = `pipeline NOT LIKE '%~%'`;

export const VIEWS = `
CREATE OR REPLACE VIEW totals AS
  SELECT pipeline, period, ${KEY_TEXT} AS key, sum(sum) AS sum, sum(count) AS count
  FROM totals_rows WHERE ${NO_PLAN} GROUP BY pipeline, period, totals_rows.key;

CREATE OR REPLACE VIEW adjustments AS
  SELECT pipeline, period, adjusts, ${KEY_TEXT} AS key, sum, count FROM totals_rows WHERE adjusts <> '' AND ${NO_PLAN};

CREATE OR REPLACE VIEW files AS
  SELECT pipeline, source_id, source_key, generation, file_rows.file_id, state, reason, detail, file_rows.version, in_version, period, size_bytes,
    lines, records, rejected, coalesce(in_content_digest, content_digest) AS content_digest,
    ${instant('first_seen_ms')} AS first_seen_at, ${instant('updated_ms')} AS updated_at
  FROM file_rows LEFT JOIN receipts ON receipts.file_id = file_rows.file_id AND receipts.version = coalesce(in_version, file_rows.version)
  WHERE ${NO_PLAN};

CREATE OR REPLACE VIEW rejects AS
  SELECT pipeline, source_key, receipts.file_id, receipts.version, found.key AS reason, (found.value ->> 'count')::bigint AS count,
    found.value -> 'samples' AS samples
  FROM receipts JOIN file_rows USING (file_id), json_each(receipts.receipt::json -> 'rejects') AS found WHERE ${NO_PLAN};

CREATE OR REPLACE VIEW ledger AS
  SELECT ledger_entries.pipeline, number, kind, ledger_entries.file_id, source_key, ledger_entries.version, ledger_entries.period, made_by,
    ledger_entries.reason, ${instant('at_ms')} AS made_at
  FROM ledger_entries LEFT JOIN file_rows ON file_rows.file_id = ledger_entries.file_id WHERE ledger_entries.pipeline NOT LIKE '%~%';
`;
