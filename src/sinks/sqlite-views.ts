/**
 * What BI tools may rely on: views whose names and columns stay. docs/reference/views.md describes them.
 * A key of several fields is shown with tabs between them, which no field can hold.
 */
const WITHOUT_BACKSLASHES = `replace(CAST(key AS TEXT), '\\', char(1))`;
/**
 * replace() finds no NUL, and clients would show the first field only; JSON writes NUL out. No key holds the control character that
 * stands in for the backslash meanwhile, which JSON writes twice.
 */
const KEY_TEXT = `CASE WHEN instr(key, x'00') = 0 THEN CAST(key AS TEXT)
    ELSE json_extract(replace(replace(json_quote(${WITHOUT_BACKSLASHES}), '\\u0000', '\\t'), '\\u0001', '\\\\'), '$') END`;
const instant = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

/** Plans are counted under names of their own, which are nobody's totals. */
const NO_PLAN = `pipeline NOT LIKE '%~%'`;

export const VIEWS = `
DROP VIEW IF EXISTS totals;
CREATE VIEW totals AS
  SELECT pipeline, period, ${KEY_TEXT} AS key, sum(sum) AS sum, sum(count) AS count
  FROM totals_rows WHERE ${NO_PLAN} GROUP BY pipeline, period, totals_rows.key;

DROP VIEW IF EXISTS adjustments;
CREATE VIEW adjustments AS
  SELECT pipeline, period, adjusts, ${KEY_TEXT} AS key, sum, count FROM totals_rows WHERE adjusts <> '' AND ${NO_PLAN};

DROP VIEW IF EXISTS files;
CREATE VIEW files AS
  SELECT pipeline, source_id, source_key, generation, file_rows.file_id, state, reason, detail, file_rows.version, in_version, period, size_bytes,
    lines, records, rejected, coalesce(in_content_digest, content_digest) AS content_digest,
    ${instant('first_seen_ms')} AS first_seen_at, ${instant('updated_ms')} AS updated_at
  FROM file_rows LEFT JOIN receipts ON receipts.file_id = file_rows.file_id AND receipts.version = coalesce(in_version, file_rows.version)
  WHERE ${NO_PLAN};

DROP VIEW IF EXISTS rejects;
CREATE VIEW rejects AS
  SELECT pipeline, source_key, receipts.file_id, receipts.version, found.key AS reason, found.value ->> 'count' AS count,
    found.value -> 'samples' AS samples
  FROM receipts JOIN file_rows USING (file_id), json_each(receipts.receipt, '$.rejects') AS found WHERE ${NO_PLAN};

DROP VIEW IF EXISTS ledger;
CREATE VIEW ledger AS
  SELECT ledger_entries.pipeline, number, kind, ledger_entries.file_id, source_key, ledger_entries.version, ledger_entries.period, made_by,
    ledger_entries.reason, ${instant('at_ms')} AS made_at
  FROM ledger_entries LEFT JOIN file_rows ON file_rows.file_id = ledger_entries.file_id WHERE ledger_entries.pipeline NOT LIKE '%~%';
`;
