'use strict';
/** Runs one measurement: `node bench/run.js count` (or `hash`). TypeScript is stripped as it is loaded. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const options = { filename, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };
  module._compile(transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};
const [name = 'count'] = process.argv.slice(2);
require(join(__dirname, `${name}.ts`));
