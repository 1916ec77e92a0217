/** What manifests announce, and sources that should not fall silent. */
const TEXT = 'TEXT COLLATE "C"';

export const SECOND_VERSION = `
CREATE TABLE expected (
  pipeline     ${TEXT} NOT NULL,
  source_id    ${TEXT} NOT NULL,
  source_key   ${TEXT} NOT NULL,
  control      ${TEXT} NOT NULL,
  manifest_key ${TEXT} NOT NULL,
  due_ms       BIGINT NOT NULL,
  came_ms      BIGINT,
  PRIMARY KEY (pipeline, source_id, source_key)
);
CREATE INDEX expected_by_manifest ON expected (pipeline, source_id, manifest_key);
CREATE INDEX expected_by_due ON expected (pipeline, due_ms) WHERE came_ms IS NULL;

CREATE TABLE manifests (
  pipeline     ${TEXT} NOT NULL,
  source_id    ${TEXT} NOT NULL,
  manifest_key ${TEXT} NOT NULL,
  generation   ${TEXT} NOT NULL,
  is_batch     BOOLEAN NOT NULL,
  state        ${TEXT} NOT NULL CHECK (state IN ('stored', 'judged', 'malformed')),
  fault        ${TEXT},
  read_ms      BIGINT NOT NULL,
  PRIMARY KEY (pipeline, source_id, manifest_key),
  CHECK ((state = 'malformed') = (fault IS NOT NULL))
);
CREATE INDEX manifests_malformed ON manifests (pipeline, source_id, manifest_key) WHERE state = 'malformed';

CREATE TABLE arrivals (
  pipeline  ${TEXT} NOT NULL,
  source_id ${TEXT} NOT NULL,
  since_ms  BIGINT NOT NULL,
  every_ms  BIGINT NOT NULL,
  PRIMARY KEY (pipeline, source_id)
);
`;
