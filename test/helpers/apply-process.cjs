'use strict';
/** In a process of its own, so that its memory is only its own: applies what is counted in a sink, verifies it, and prints what that took. */
const { join } = require('node:path');
const built = (file) => require(join(__dirname, '..', '..', 'dist', 'sinks', file));

async function main() {
  const [options, pipeline] = process.argv.slice(2);
  const { openSink } = built('open-sink.js');
  const sink = await openSink(JSON.parse(options));
  const policies = { changedFile: 'quarantine', duplicateContent: 'quarantine', unterminatedLastLine: 'quarantine', rejects: {} };
  const startedAtMs = Date.now();
  while ((await sink.apply({ pipeline, policies, nowMs: Date.now() })).remaining > 0);
  const applyMs = Date.now() - startedAtMs;
  const applyPeakBytes = process.resourceUsage().maxRSS * 1024;
  const mismatches = await sink.verify({ pipeline });
  await sink.close();
  process.stdout.write(JSON.stringify({ applyMs, applyPeakBytes, peakBytes: process.resourceUsage().maxRSS * 1024, mismatches }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
