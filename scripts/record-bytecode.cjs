/** Runs a bundle with the arguments after it, and keeps the bytecode of what ran. */
'use strict';

const { writeFileSync } = require('node:fs');
const { bytecodePathOf, runBundle } = require('../dist/cli/run-bundle.js');

const [bundle] = process.argv.splice(2, 1);
const bytecode = runBundle(bundle);
process.once('exit', () => writeFileSync(bytecodePathOf(bundle), bytecode()));
