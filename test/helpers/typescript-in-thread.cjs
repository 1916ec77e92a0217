'use strict';
/** Lets a thread of a test require TypeScript, as jest does for the tests themselves. */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

const jsc = { target: 'es2022', parser: { syntax: 'typescript' } };
require.extensions['.ts'] = (module, file) => {
  const options = { filename: file, jsc, module: { type: 'commonjs' }, sourceMaps: 'inline', swcrc: false };
  module._compile(transformSync(readFileSync(file, 'utf8'), options).code, file);
};
process.setSourceMapsEnabled(true);
