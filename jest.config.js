'use strict';

const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
};
const project = (displayName, folders, more = {}) => ({
  displayName,
  testEnvironment: 'node',
  transform,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  ...more,
});

/** Recording is no test: it runs only for `npm run record-histories`. */
const temporalTests =
  process.env.TALLYLINE_RECORD === '1'
    ? { testMatch: ['<rootDir>/test/replay/record-histories.ts'] }
    : { setupFilesAfterEnv: ['<rootDir>/test/helpers/server-test-timeout.ts'] };

/** `fast` needs no server; `temporal` starts real ones and is serial (`--runInBand` in scripts/test.mjs). */
module.exports = {
  projects: [
    project('fast', ['unit', 'property', 'model', 'contract', 'architecture', 'docs', 'deploy']),
    project('temporal', ['workflows', 'replay', 'integration'], temporalTests),
  ],
};
