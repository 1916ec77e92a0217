'use strict';
/**
 * In a process of its own, so that its memory is only its own: scans a directory, or the bucket of its parent, hands every file to a
 * recorder in place of children, and scans so often in all. Prints JSON.
 */
const { join, resolve } = require('node:path');
const { MockActivityEnvironment } = require('@temporalio/testing');
const { askParent, remoteBucket } = require('./remote-bucket.cjs');

const DIST = resolve(__dirname, '..', '..', 'dist');
const { createScanActivities } = require(join(DIST, 'activities', 'scan-activities.js'));
const { BucketSource } = require(join(DIST, 'sources', 'bucket-source.js'));
const { openSource } = require(join(DIST, 'sources', 'open-source.js'));
const { openSink } = require(join(DIST, 'sinks', 'open-sink.js'));

const PIPELINE = 'usage';
const CHOICE = { sourceId: 'incoming', include: ['**/*'], exclude: [] };

/** A directory by its root; without one the bucket of the parent. */
function sourceAt(root) {
  if (root !== '') return openSource({ kind: 'directory', root, ...CHOICE });
  const place = { region: 'us-east-1', bucket: 'parent', pathStyle: true, requests: 1, prefix: '', keysAreUnique: false };
  return new BucketSource({ kind: 's3', ...place, ...CHOICE }, remoteBucket());
}

async function createActivities(source, database) {
  const sink = await openSink({ kind: 'sqlite', path: database });
  await sink.ensurePipeline({ pipeline: PIPELINE, meaning: '{}', scale: 0, unit: '' });
  const runtime = {
    pipeline: PIPELINE,
    source,
    quietPeriodMs: 0,
    requireMarkedDone: false,
    expect: { everyMs: null, withinMs: 1 },
    retention: { contributionsMs: 1e12, rejectSamplesMs: 1e12 },
  };
  const dependencies = {
    pipelines: new Map([[PIPELINE, runtime]]),
    sink,
    metrics: { listed() {}, scanned() {}, failed() {} },
    wake: async () => undefined,
    now: Date.now,
    draining: new AbortController().signal,
  };
  return { sink, activities: createScanActivities(dependencies) };
}

function run(activity, input) {
  return new MockActivityEnvironment().run(activity, { pipeline: PIPELINE, ...input });
}

async function scan(activities) {
  const sums = { listed: 0, registered: 0, unsettled: 0, listRequests: 0 };
  const startedAtMs = Date.now();
  let cursor = null;
  do {
    const page = await run(activities.listSource, { cursor, problem: null, startedAtMs });
    for (const name of Object.keys(sums)) sums[name] += page[name];
    cursor = page.cursor;
  } while (cursor !== null);
  return { ...sums, seconds: secondsSince(startedAtMs), maxRssBytes: process.resourceUsage().maxRSS * 1024 };
}

/** The parent keeps them where there is one: their names are no part of what a scan costs. */
async function record(activities, afterFirst) {
  const here = new Set();
  const startedAtMs = Date.now();
  let resultBytesMax = 0;
  let afterSequence = afterFirst;
  for (let hasMore = true; hasMore;) {
    const next = await run(activities.nextFiles, { phase: 'seen', afterSequence, windowFiles: 10_000_000 });
    resultBytesMax = Math.max(resultBytesMax, JSON.stringify(next).length);
    const fileIds = next.files.map(({ fileId }) => fileId);
    if (process.send) await askParent('record', fileIds);
    else for (const fileId of fileIds) here.add(fileId);
    afterSequence = next.lastSequence;
    hasMore = next.hasMore;
  }
  return { recorded: here.size, resultBytesMax, lastSequence: afterSequence, seconds: secondsSince(startedAtMs) };
}

function secondsSince(startedAtMs) {
  return (Date.now() - startedAtMs) / 1000;
}

async function main() {
  const [root, database, scans] = process.argv.slice(2);
  const { sink, activities } = await createActivities(sourceAt(root), database);
  const first = await scan(activities);
  const started = await record(activities, 0);
  const later = [];
  for (let done = 1; done < Number(scans); done += 1) {
    const again = await scan(activities);
    later.push({ ...again, started: await record(activities, started.lastSequence) });
  }
  await sink.close();
  const maxRssBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ first, started, later, maxRssBytes }));
  if (process.send) process.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
