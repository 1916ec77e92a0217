/** What manifests announce, and sources that should not fall silent. */
export const THIRD_VERSION = `
CREATE TABLE expected (
  pipeline     TEXT NOT NULL,
  source_id    TEXT NOT NULL,
  source_key   TEXT NOT NULL,
  control      TEXT NOT NULL,
  manifest_key TEXT NOT NULL,
  due_ms       INTEGER NOT NULL,
  came_ms      INTEGER,
  PRIMARY KEY (pipeline, source_id, source_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX expected_by_manifest ON expected (pipeline, source_id, manifest_key);
CREATE INDEX expected_by_due ON expected (pipeline, due_ms) WHERE came_ms IS NULL;

CREATE TABLE manifests (
  pipeline     TEXT NOT NULL,
  source_id    TEXT NOT NULL,
  manifest_key TEXT NOT NULL,
  generation   TEXT NOT NULL,
  is_batch     INTEGER NOT NULL CHECK (is_batch IN (0, 1)),
  state        TEXT NOT NULL CHECK (state IN ('stored', 'judged', 'malformed')),
  fault        TEXT,
  read_ms      INTEGER NOT NULL,
  PRIMARY KEY (pipeline, source_id, manifest_key),
  CHECK ((state = 'malformed') = (fault IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX manifests_malformed ON manifests (pipeline, source_id, manifest_key) WHERE state = 'malformed';

CREATE TABLE arrivals (
  pipeline  TEXT NOT NULL,
  source_id TEXT NOT NULL,
  since_ms  INTEGER NOT NULL,
  every_ms  INTEGER NOT NULL,
  PRIMARY KEY (pipeline, source_id)
) STRICT, WITHOUT ROWID;
`;
