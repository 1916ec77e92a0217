/** What became of source files after they were counted. */
const TEXT = 'TEXT COLLATE "C"';

export const THIRD_VERSION = `
CREATE TABLE disposals (
  pipeline  ${TEXT} NOT NULL,
  source_id ${TEXT} NOT NULL,
  file_id   ${TEXT} NOT NULL,
  version   INT NOT NULL,
  kind      ${TEXT} NOT NULL CHECK (kind IN ('move', 'tag', 'delete')),
  place     ${TEXT} NOT NULL,
  state     ${TEXT} NOT NULL CHECK (state IN ('begun', 'done', 'changed', 'vanished', 'withdrawn')),
  begun_ms  BIGINT NOT NULL,
  ended_ms  BIGINT,
  PRIMARY KEY (file_id, version),
  CHECK ((state = 'begun') = (ended_ms IS NULL))
);
CREATE INDEX disposals_begun ON disposals (pipeline, source_id, begun_ms) WHERE state = 'begun';
`;
