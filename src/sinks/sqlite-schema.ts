/** The tables of the embedded sink, as numbered migrations. One that was released is never changed: a new one follows it. */
import { TallylineFailure } from '../core/failures';
import type { SqliteConnection } from './sqlite-connection';
import { SECOND_VERSION } from './sqlite-migration-2';
import { THIRD_VERSION } from './sqlite-migration-3';
import { FOURTH_VERSION } from './sqlite-migration-4';
import { VIEWS } from './sqlite-views';

const FIRST_VERSION = `
CREATE TABLE hosts (
  hostname TEXT PRIMARY KEY,
  seen_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE pipelines (
  pipeline        TEXT PRIMARY KEY,
  meaning         TEXT NOT NULL,
  scale           INTEGER NOT NULL,
  unit            TEXT NOT NULL,
  ledger_id       TEXT NOT NULL,
  ledger_sequence INTEGER NOT NULL,
  stop_reason     TEXT,
  stopped_at_ms   INTEGER
) STRICT;

CREATE TABLE files (
  sequence          INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id           TEXT NOT NULL UNIQUE,
  pipeline          TEXT NOT NULL,
  source_id         TEXT NOT NULL,
  source_key        TEXT NOT NULL,
  generation        TEXT NOT NULL,
  size_bytes        INTEGER NOT NULL,
  version           INTEGER NOT NULL,
  state             TEXT NOT NULL CHECK (state IN ('seen', 'counting', 'counted', 'in', 'out', 'quarantined', 'superseded', 'alias')),
  in_version        INTEGER,
  reason            TEXT,
  missing_times     INTEGER NOT NULL,
  first_seen_ms     INTEGER NOT NULL,
  updated_ms        INTEGER NOT NULL,
  detail            TEXT,
  plan              TEXT,
  plan_digest       TEXT,
  content_digest    TEXT,
  in_content_digest TEXT,
  CHECK ((state = 'quarantined') = (reason IS NOT NULL)),
  CHECK ((in_version IS NULL) = (in_content_digest IS NULL)),
  CHECK (state <> 'in' OR in_version = version)
) STRICT;
CREATE INDEX files_by_source_key ON files (pipeline, source_key, source_id);
CREATE INDEX files_by_state ON files (pipeline, state, source_id, sequence);
CREATE INDEX files_by_content ON files (pipeline, in_content_digest) WHERE in_content_digest IS NOT NULL;

CREATE TABLE unsettled (
  pipeline      TEXT NOT NULL,
  source_id     TEXT NOT NULL,
  source_key    TEXT NOT NULL,
  generation    TEXT NOT NULL,
  size_bytes    INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms  INTEGER NOT NULL,
  PRIMARY KEY (pipeline, source_id, source_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE partials (
  file_id     TEXT NOT NULL,
  version     INTEGER NOT NULL,
  plan_digest TEXT NOT NULL,
  split_index INTEGER NOT NULL,
  digest      TEXT NOT NULL,
  entries     INTEGER NOT NULL,
  blob        BLOB NOT NULL,
  PRIMARY KEY (file_id, version, plan_digest, split_index)
) STRICT;

CREATE TABLE checkpoints (
  file_id     TEXT NOT NULL,
  version     INTEGER NOT NULL,
  plan_digest TEXT NOT NULL,
  split_index INTEGER NOT NULL,
  digest      TEXT NOT NULL,
  blob        BLOB NOT NULL,
  PRIMARY KEY (file_id, version, plan_digest, split_index, digest)
) STRICT;

CREATE TABLE contributions (
  file_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  period  TEXT NOT NULL,
  digest  TEXT NOT NULL,
  blob    BLOB NOT NULL,
  PRIMARY KEY (file_id, version, period)
) STRICT;

CREATE TABLE receipts (
  file_id         TEXT NOT NULL,
  version         INTEGER NOT NULL,
  records         INTEGER NOT NULL,
  receipt         TEXT NOT NULL,
  partial_digests TEXT NOT NULL,
  PRIMARY KEY (file_id, version)
) STRICT;

CREATE TABLE totals (
  pipeline TEXT NOT NULL,
  period   TEXT NOT NULL,
  key      BLOB NOT NULL,
  sum      INTEGER NOT NULL,
  count    INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (pipeline, period, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
  pipeline TEXT NOT NULL,
  number   INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  file_id  TEXT,
  version  INTEGER,
  made_by  TEXT NOT NULL,
  reason   TEXT NOT NULL,
  at_ms    INTEGER NOT NULL,
  PRIMARY KEY (pipeline, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_once ON ledger (file_id, version, kind) WHERE kind IN ('counted', 'retracted', 'superseded');
CREATE INDEX ledger_by_file ON ledger (file_id) WHERE file_id IS NOT NULL;
`;

const MIGRATIONS: readonly string[] = [FIRST_VERSION, SECOND_VERSION, THIRD_VERSION, FOURTH_VERSION];

/** Brings the database to the newest version. Two processes that start at once wait for each other. Throws sink_refused for one newer than this. */
export function migrate(connection: SqliteConnection): void {
  connection.execute('BEGIN IMMEDIATE');
  try {
    const version = Number(connection.pragma('user_version'));
    if (version > MIGRATIONS.length) {
      throw new TallylineFailure(
        'sink_refused',
        `${connection.path} has schema version ${version}, and this Tallyline knows ${MIGRATIONS.length}`,
      );
    }
    for (const migration of MIGRATIONS.slice(version)) connection.execute(migration);
    // Only then: to change the schema at every start would make every other connection prepare its statements again.
    if (version < MIGRATIONS.length) connection.execute(VIEWS);
    connection.execute(`PRAGMA user_version = ${MIGRATIONS.length}`);
    connection.execute('COMMIT');
  } finally {
    if (connection.inTransaction) connection.execute('ROLLBACK');
  }
}
