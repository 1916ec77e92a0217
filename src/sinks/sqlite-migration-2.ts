/** Periods that close, corrections that are postings, contributions in parts, plans. Rows of the first version are carried over. */
export const SECOND_VERSION = `
ALTER TABLE pipelines ADD COLUMN closed_through TEXT NOT NULL DEFAULT '';
ALTER TABLE pipelines ADD COLUMN pruned_through INTEGER NOT NULL DEFAULT 0;

ALTER TABLE files RENAME TO file_rows;
ALTER TABLE file_rows ADD COLUMN period TEXT NOT NULL DEFAULT '';
UPDATE file_rows SET period = coalesce(plan ->> 'period', '');
CREATE INDEX file_rows_by_state_change ON file_rows (pipeline, updated_ms);

ALTER TABLE contributions RENAME TO contributions_1;
CREATE TABLE contributions (
  file_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  period  TEXT NOT NULL,
  part    INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  digest  TEXT NOT NULL,
  blob    BLOB NOT NULL,
  PRIMARY KEY (file_id, version, period, part)
) STRICT;
-- How many entries a blob has was not kept; it has no more than bytes.
INSERT INTO contributions SELECT file_id, version, period, 0, length(blob), digest, blob FROM contributions_1;
DROP TABLE contributions_1;

ALTER TABLE receipts RENAME TO receipts_1;
CREATE TABLE receipts (
  file_id         TEXT NOT NULL,
  version         INTEGER NOT NULL,
  records         INTEGER NOT NULL,
  lines           INTEGER NOT NULL,
  rejected        INTEGER NOT NULL,
  has_samples     INTEGER NOT NULL,
  receipt         TEXT NOT NULL,
  partial_digests TEXT NOT NULL,
  PRIMARY KEY (file_id, version)
) STRICT;
INSERT INTO receipts SELECT file_id, version, records, receipt ->> 'lines', receipt ->> 'rejected', (receipt ->> 'rejected') > 0, receipt, partial_digests
  FROM receipts_1;
DROP TABLE receipts_1;
CREATE INDEX receipts_with_samples ON receipts (file_id, version) WHERE has_samples = 1;

CREATE TABLE totals_rows (
  pipeline TEXT NOT NULL,
  period   TEXT NOT NULL,
  key      BLOB NOT NULL,
  adjusts  TEXT NOT NULL,
  sum      INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (pipeline, period, key, adjusts),
  CHECK (count > 0 OR adjusts <> '')
) STRICT, WITHOUT ROWID;
INSERT INTO totals_rows SELECT pipeline, period, key, '', sum, count FROM totals;
DROP TABLE totals;

CREATE TABLE pruned_totals (
  pipeline TEXT NOT NULL,
  period   TEXT NOT NULL,
  key      BLOB NOT NULL,
  adjusts  TEXT NOT NULL,
  sum      INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (pipeline, period, key, adjusts)
) STRICT, WITHOUT ROWID;

ALTER TABLE ledger RENAME TO ledger_entries;
ALTER TABLE ledger_entries ADD COLUMN period TEXT;
DROP INDEX ledger_once;
CREATE UNIQUE INDEX ledger_once ON ledger_entries (file_id, version, kind)
  WHERE kind IN ('counted', 'retracted', 'superseded', 'recounted', 'released');

CREATE TABLE postings (
  pipeline  TEXT NOT NULL,
  number    INTEGER NOT NULL,
  file_id   TEXT NOT NULL,
  version   INTEGER NOT NULL,
  of_period TEXT NOT NULL,
  period    TEXT NOT NULL,
  sign      INTEGER NOT NULL CHECK (sign IN (1, -1)),
  PRIMARY KEY (pipeline, number, file_id, version, of_period, sign)
) STRICT, WITHOUT ROWID;
CREATE INDEX postings_by_file ON postings (file_id);
INSERT INTO postings
  SELECT pipeline, number, file_id, version, contributions.period, contributions.period, CASE kind WHEN 'counted' THEN 1 ELSE -1 END
  FROM ledger_entries JOIN contributions USING (file_id, version) WHERE kind IN ('counted', 'retracted', 'superseded');
-- A recount took its own earlier version out.
INSERT INTO postings
  SELECT entry.pipeline, entry.number, entry.file_id, contributions.version, contributions.period, contributions.period, -1
  FROM (SELECT *, lag(version) OVER earlier AS earlier_version, lag(kind) OVER earlier AS earlier_kind
    FROM ledger_entries WHERE kind IN ('counted', 'retracted', 'superseded') WINDOW earlier AS (PARTITION BY file_id ORDER BY number)) AS entry
  JOIN contributions ON contributions.file_id = entry.file_id AND contributions.version = entry.earlier_version
  WHERE entry.kind = 'counted' AND entry.earlier_kind = 'counted';

CREATE TABLE plans (
  plan_id       TEXT PRIMARY KEY,
  pipeline      TEXT NOT NULL,
  shadow        TEXT NOT NULL UNIQUE,
  created_ms    INTEGER NOT NULL,
  expires_ms    INTEGER NOT NULL,
  choice        TEXT NOT NULL,
  sealed        TEXT,
  applied_from  INTEGER,
  applied_until INTEGER
) STRICT;
CREATE INDEX plans_by_pipeline ON plans (pipeline, created_ms);
`;
