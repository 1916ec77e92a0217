/** One file of very many keys is applied in bounded memory: neither it nor its totals are ever a list of all entries. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { DEFAULT_COMPRESSION } from '../../src/core/compression';
import { DEFAULT_FORMAT } from '../../src/core/format';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { makePlan } from '../../src/core/plan';
import { planDigestOf } from '../../src/kernel/digest';
import { ThreadPool } from '../../src/kernel/thread-pool';
import { openSink } from '../../src/sinks/open-sink';
import { openSource } from '../../src/sources/open-source';
import { MEANING, PIPELINE, SOURCE } from '../contract/sink-driver';
import { PostgresServer } from '../helpers/postgres-server';

const KEYS = process.env['TALLYLINE_LONG'] === '1' ? 5_000_000 : 300_000;
/** The stored bytes of a key's entry are about 12: partials once, the contribution once. On top of it Node and what is under way. */
const PEAK_BYTES_MAX = 340 * 1024 * 1024 + KEYS * 60;
const script = resolve(__dirname, '..', 'helpers', 'apply-process.cjs');
const run = promisify(execFile);

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  server = await PostgresServer.start();
  folder = await mkdtemp(join(tmpdir(), 'tallyline-keys-'));
  const file = createWriteStream(join(folder, 'keys.txt'));
  for (let key = 0; key < KEYS; key += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, KEYS - key) },
      (_, index) => `k${String(key + index).padStart(8, '0')} ${key + index}\n`,
    );
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}, 120_000);
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true });
});

test.each(['sqlite', 'postgres'] as const)(
  `${KEYS} keys of one file on %s`,
  async (kind) => {
    const options = kind === 'sqlite' ? ({ kind, path: join(folder, 'keys.db') } as const) : server.options();
    const sink = await openSink(options);
    await sink.ensurePipeline(MEANING);
    const sourceOptions = { kind: 'directory', sourceId: SOURCE, root: folder, include: ['**/*'], exclude: [] } as const;
    const file = (await openSource(sourceOptions).look('keys.txt'))!;
    const { size: sizeBytes } = await stat(join(folder, 'keys.txt'));
    const plan = makePlan({
      format: DEFAULT_FORMAT,
      compression: DEFAULT_COMPRESSION,
      periodRule: { kind: 'none' },
      sizeBytes,
      splitBytes: 8 * 1024 * 1024,
      sourceKey: 'keys.txt',
      firstSeenMs: 0,
    });
    const planDigest = planDigestOf(plan);
    const target = { fileId: 'f'.repeat(32), version: 1 };
    const request = { policies: DEFAULT_POLICIES, nowMs: Date.now() };
    await sink.registerPage({
      pipeline: PIPELINE,
      sourceId: SOURCE,
      files: [{ ...file, fileId: target.fileId }],
      nowMs: Date.now() + 1000,
      quietPeriodMs: 0,
      requireMarkedDone: false,
    });
    await sink.admit({ ...target, plan, planDigest, meaning: MEANING, ...request });
    const pool = new ThreadPool({ threads: 1 });
    const pace = { resume: null, checkpointBytes: Infinity, checkpointIntervalMs: Infinity, readBytesPerSecond: undefined };
    for (const splitIndex of plan.splits.keys()) {
      const { blob, digest } = await pool.run({ sourceOptions, file, plan, splitIndex, ...pace }, { signal: new AbortController().signal });
      await sink.putPartial({ ...target, planDigest, splitIndex, blob, digest, nowMs: request.nowMs });
    }
    await pool.close();
    expect(await sink.markCounted({ ...target, planDigest, ...request })).toEqual({ outcome: 'counted' });
    const { stdout } = await run(process.execPath, [script, JSON.stringify(options), PIPELINE], { timeout: 550_000 });
    const { applyMs, applyPeakBytes, peakBytes, mismatches } = JSON.parse(stdout) as Record<string, number>;
    const mib = (bytes = 0) => Math.round(bytes / 1024 / 1024);
    process.stderr.write(
      `${kind}: ${KEYS} keys of one file applied in ${((applyMs ?? 0) / 1000).toFixed(1)} s, at most ${mib(applyPeakBytes)} MiB resident, ${mib(peakBytes)} with verify\n`,
    );
    expect(mismatches).toEqual([]);
    expect(applyPeakBytes).toBeLessThan(PEAK_BYTES_MAX);
    const page = await sink.readTotals({ pipeline: PIPELINE, limit: 1 });
    expect(page.rows).toMatchObject([{ sum: 0n, count: 1n }]);
    await sink.close();
  },
  600_000,
);
