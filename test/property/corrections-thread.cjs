'use strict';
/** The sequences over memory in a thread of their own: inside jest they take several times as long (test/model/sequences-thread.cjs). */
const { parentPort, workerData } = require('node:worker_threads');
require('../helpers/typescript-in-thread.cjs');

const { runCorrections } = require('./run-corrections.ts');
const { MemoryStore } = require('../../src/sinks/memory-store.ts');

runCorrections(workerData, async () => new MemoryStore()).then(
  () => parentPort.postMessage({ failure: null }),
  (error) => parentPort.postMessage({ failure: error.message }),
);
