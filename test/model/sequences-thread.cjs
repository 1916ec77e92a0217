'use strict';
/**
 * The sequences in a thread of their own. Inside jest each promise costs more with every test file that the same worker ran before
 * (Node 20 asks the async storage of each of them), so that these, which are millions of promises, took three times as long.
 */
const { parentPort, workerData } = require('node:worker_threads');
require('../helpers/typescript-in-thread.cjs');

const { runSequences } = require('./run-sequences.ts');
const { MemoryStore } = require('../../src/sinks/memory-store.ts');

runSequences({ ...workerData, openStore: () => new MemoryStore() }).then(
  (tally) => parentPort.postMessage({ counts: tally.toString(), never: tally.never() }),
  (error) => parentPort.postMessage({ failure: error.message }),
);
