/** What became of source files after they were counted. */
export const FOURTH_VERSION = `
CREATE TABLE disposals (
  pipeline  TEXT NOT NULL,
  source_id TEXT NOT NULL,
  file_id   TEXT NOT NULL,
  version   INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('move', 'tag', 'delete')),
  place     TEXT NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('begun', 'done', 'changed', 'vanished', 'withdrawn')),
  begun_ms  INTEGER NOT NULL,
  ended_ms  INTEGER,
  PRIMARY KEY (file_id, version),
  CHECK ((state = 'begun') = (ended_ms IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX disposals_begun ON disposals (pipeline, source_id, begun_ms) WHERE state = 'begun';
`;
