/**
 * The entry of bin/tallyline for `count`, which needs little of what the others do, and of its threads. The build makes one file of it, of
 * which each of the two runs its part.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- only that part */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { runProgram } = require('./run-program') as typeof import('./run-program');
  const { registerCount } = require('./commands/count') as typeof import('./commands/count');
  void runProgram(registerCount);
} else require('../kernel/count-thread');
