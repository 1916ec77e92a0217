'use strict';
/** In a process of its own, so that its memory is only its own: lists a directory and hands every file to a recorder. Prints JSON. */
const { join, resolve } = require('node:path');
const { MockActivityEnvironment } = require('@temporalio/testing');

const DIST = resolve(__dirname, '..', '..', 'dist');
const { createScanActivities } = require(join(DIST, 'activities', 'scan-activities.js'));
const { openSource } = require(join(DIST, 'sources', 'open-source.js'));
const { openSink } = require(join(DIST, 'sinks', 'open-sink.js'));

async function main() {
  const [root, database] = process.argv.slice(2);
  const sink = await openSink({ kind: 'sqlite', path: database });
  await sink.ensurePipeline({ pipeline: 'usage', meaning: '{}', scale: 0, unit: '' });
  const sourceOptions = { kind: 'directory', sourceId: 'incoming', root, include: ['**/*'], exclude: [] };
  const runtime = {
    pipeline: 'usage',
    source: openSource(sourceOptions),
    sourceOptions,
    quietPeriodMs: 0,
    requireMarkedDone: false,
    expect: { everyMs: null, withinMs: 1 },
    retention: { contributionsMs: 1e12, rejectSamplesMs: 1e12 },
  };
  const metrics = { listed() {}, scanned() {}, failed() {} };
  const dependencies = {
    pipelines: new Map([['usage', runtime]]),
    sink,
    metrics,
    wake: async () => undefined,
    now: Date.now,
    draining: new AbortController().signal,
  };
  const activities = createScanActivities(dependencies);
  const run = (activity, input) => new MockActivityEnvironment().run(activity, input);
  const startedAtMs = Date.now();
  let listed = 0;
  for (let cursor = null; ;) {
    const page = await run(activities.listSource, { pipeline: 'usage', cursor, problem: null, startedAtMs });
    listed += page.listed;
    cursor = page.cursor;
    if (cursor === null) break;
  }
  const recorded = new Set();
  let resultBytesMax = 0;
  for (let afterSequence = 0; ;) {
    const next = await run(activities.nextFiles, { pipeline: 'usage', phase: 'seen', afterSequence, windowFiles: 1_000_000 });
    resultBytesMax = Math.max(resultBytesMax, JSON.stringify(next).length);
    for (const file of next.files) recorded.add(file.fileId);
    afterSequence = next.lastSequence;
    if (!next.hasMore) break;
  }
  await sink.close();
  const maxRssBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(
    JSON.stringify({ listed, recorded: recorded.size, maxRssBytes, resultBytesMax, seconds: (Date.now() - startedAtMs) / 1000 }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
