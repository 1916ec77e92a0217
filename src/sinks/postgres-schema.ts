/**
 * The tables of the Postgres sink, as numbered migrations. One that was released is never changed: a new one follows it.
 * Every text is compared and ordered by its bytes (COLLATE "C"), as in the other sinks and whatever the database was created with.
 */
import { SECOND_VERSION } from './postgres-migration-2';
import { THIRD_VERSION } from './postgres-migration-3';

const TEXT = 'TEXT COLLATE "C"';

const totals = (table: string) => `
CREATE TABLE ${table} (
  pipeline ${TEXT} NOT NULL,
  period   ${TEXT} NOT NULL,
  key      BYTEA NOT NULL,
  adjusts  ${TEXT} NOT NULL,
  sum      BIGINT NOT NULL,
  count    BIGINT NOT NULL,
  PRIMARY KEY (pipeline, period, key, adjusts),
  CONSTRAINT ${table}_hold_what_is_taken_out CHECK (count > 0 OR (adjusts <> '' AND (count <> 0 OR sum <> 0)))
);`;

const FIRST_VERSION = `
CREATE TABLE pipelines (
  pipeline        ${TEXT} PRIMARY KEY,
  meaning         ${TEXT} NOT NULL,
  scale           INT NOT NULL,
  unit            ${TEXT} NOT NULL,
  ledger_id       ${TEXT} NOT NULL,
  ledger_sequence BIGINT NOT NULL,
  stop_reason     ${TEXT},
  stopped_at_ms   BIGINT,
  closed_through  ${TEXT} NOT NULL,
  pruned_through  BIGINT NOT NULL
);

CREATE TABLE file_sequence (
  only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
  last     BIGINT NOT NULL
);
INSERT INTO file_sequence (last) VALUES (0);

CREATE TABLE file_rows (
  file_id           ${TEXT} PRIMARY KEY,
  sequence          BIGINT NOT NULL UNIQUE,
  pipeline          ${TEXT} NOT NULL,
  source_id         ${TEXT} NOT NULL,
  source_key        ${TEXT} NOT NULL,
  generation        ${TEXT} NOT NULL,
  size_bytes        BIGINT NOT NULL,
  version           INT NOT NULL,
  state             ${TEXT} NOT NULL CHECK (state IN ('seen', 'counting', 'counted', 'in', 'out', 'quarantined', 'superseded', 'alias')),
  in_version        INT,
  reason            ${TEXT},
  missing_times     INT NOT NULL,
  first_seen_ms     BIGINT NOT NULL,
  updated_ms        BIGINT NOT NULL,
  detail            ${TEXT},
  plan              ${TEXT},
  plan_digest       ${TEXT},
  content_digest    ${TEXT},
  in_content_digest ${TEXT},
  period            ${TEXT} NOT NULL,
  CHECK ((state = 'quarantined') = (reason IS NOT NULL)),
  CHECK ((in_version IS NULL) = (in_content_digest IS NULL)),
  CHECK (state <> 'in' OR in_version = version)
);
CREATE INDEX file_rows_by_source_key ON file_rows (pipeline, source_key, source_id);
CREATE INDEX file_rows_by_state ON file_rows (pipeline, state, source_id, sequence);
CREATE INDEX file_rows_in_order ON file_rows (pipeline, sequence);
CREATE INDEX file_rows_counted ON file_rows (pipeline, file_id) WHERE state = 'counted';
CREATE INDEX file_rows_by_content ON file_rows (pipeline, in_content_digest) WHERE in_content_digest IS NOT NULL;
CREATE INDEX file_rows_by_state_change ON file_rows (pipeline, updated_ms);

CREATE TABLE unsettled (
  pipeline      ${TEXT} NOT NULL,
  source_id     ${TEXT} NOT NULL,
  source_key    ${TEXT} NOT NULL,
  generation    ${TEXT} NOT NULL,
  size_bytes    BIGINT NOT NULL,
  first_seen_ms BIGINT NOT NULL,
  last_seen_ms  BIGINT NOT NULL,
  PRIMARY KEY (pipeline, source_id, source_key)
);

CREATE TABLE partials (
  file_id     ${TEXT} NOT NULL,
  version     INT NOT NULL,
  plan_digest ${TEXT} NOT NULL,
  split_index INT NOT NULL,
  digest      ${TEXT} NOT NULL,
  entries     BIGINT NOT NULL,
  blob        BYTEA NOT NULL,
  PRIMARY KEY (file_id, version, plan_digest, split_index)
);

CREATE TABLE checkpoints (
  file_id     ${TEXT} NOT NULL,
  version     INT NOT NULL,
  plan_digest ${TEXT} NOT NULL,
  split_index INT NOT NULL,
  digest      ${TEXT} NOT NULL,
  blob        BYTEA NOT NULL,
  PRIMARY KEY (file_id, version, plan_digest, split_index, digest)
);

CREATE TABLE contributions (
  file_id ${TEXT} NOT NULL,
  version INT NOT NULL,
  period  ${TEXT} NOT NULL,
  part    INT NOT NULL,
  entries INT NOT NULL,
  digest  ${TEXT} NOT NULL,
  blob    BYTEA NOT NULL,
  PRIMARY KEY (file_id, version, period, part)
);
-- Blobs are compact already, or are read once and removed: trying to compress them costs more than it saves.
ALTER TABLE partials ALTER blob SET STORAGE EXTERNAL;
ALTER TABLE checkpoints ALTER blob SET STORAGE EXTERNAL;
ALTER TABLE contributions ALTER blob SET STORAGE EXTERNAL;

CREATE TABLE receipts (
  file_id         ${TEXT} NOT NULL,
  version         INT NOT NULL,
  records         BIGINT NOT NULL,
  lines           BIGINT NOT NULL,
  rejected        BIGINT NOT NULL,
  has_samples     BOOLEAN NOT NULL,
  receipt         ${TEXT} NOT NULL,
  partial_digests ${TEXT} NOT NULL,
  PRIMARY KEY (file_id, version)
);
CREATE INDEX receipts_with_samples ON receipts (file_id, version) WHERE has_samples;
${totals('totals_rows')}
${totals('pruned_totals')}

CREATE TABLE ledger_entries (
  pipeline ${TEXT} NOT NULL,
  number   BIGINT NOT NULL,
  kind     ${TEXT} NOT NULL,
  file_id  ${TEXT},
  version  INT,
  period   ${TEXT},
  made_by  ${TEXT} NOT NULL,
  reason   ${TEXT} NOT NULL,
  at_ms    BIGINT NOT NULL,
  PRIMARY KEY (pipeline, number)
);
CREATE UNIQUE INDEX ledger_once ON ledger_entries (file_id, version, kind)
  WHERE kind IN ('counted', 'retracted', 'superseded', 'recounted', 'released');
CREATE INDEX ledger_by_file ON ledger_entries (file_id) WHERE file_id IS NOT NULL;

CREATE TABLE postings (
  pipeline  ${TEXT} NOT NULL,
  number    BIGINT NOT NULL,
  file_id   ${TEXT} NOT NULL,
  version   INT NOT NULL,
  of_period ${TEXT} NOT NULL,
  period    ${TEXT} NOT NULL,
  sign      INT NOT NULL CHECK (sign IN (1, -1)),
  PRIMARY KEY (pipeline, number, file_id, version, of_period, sign)
);
CREATE INDEX postings_by_file ON postings (file_id);

CREATE TABLE plans (
  plan_id       ${TEXT} PRIMARY KEY,
  pipeline      ${TEXT} NOT NULL,
  shadow        ${TEXT} NOT NULL UNIQUE,
  created_ms    BIGINT NOT NULL,
  expires_ms    BIGINT NOT NULL,
  choice        ${TEXT} NOT NULL,
  sealed        ${TEXT},
  applied_from  BIGINT,
  applied_until BIGINT
);
CREATE INDEX plans_by_pipeline ON plans (pipeline, created_ms);
`;

export const MIGRATIONS: readonly string[] = [FIRST_VERSION, SECOND_VERSION, THIRD_VERSION];
