/** A new build takes over while the old one is in the middle of a large file: the file stays with the old build, new files go to the new one. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const MIB = 1024 ** 2;
const DEPLOYMENT = 'tallyline';
const run = promisify(execFile);

let database: PostgresServer;
let bed: TestBed;
beforeAll(async () => {
  database = await PostgresServer.start();
  // Slow enough that the upgrade comes in the middle.
  const slow = { splitBytes: MIB, window: { splits: 1 }, limits: { readBytesPerSecond: MIB } };
  bed = await TestBed.create({ postgres: database.options(), pipeline: slow, worker: { threads: 2 } });
  await run(process.execPath, [BIN, 'setup', '--config', bed.configPath], { timeout: 60_000 });
}, 60_000);
afterAll(async () => {
  await bed.destroy();
  await database.remove();
});

test('the file is finished by the build that began it, what comes later is counted by the new one, and every total is right', async () => {
  const truth: Truth = new Map();
  const old = await bed.startWorker(undefined, { TALLYLINE_BUILD_ID: 'old' });
  await setCurrent('old');
  await writeSample(bed.incoming, 'large.txt', { seed: 1, lines: 700_000 }, truth);
  await bed.startScan();
  const large = await eventually('some of the file is counted', async () => {
    const [row] = await bed.files(['counting']);
    if (row?.planDigest == null) return undefined;
    const stored = await bed.sink.storedSplits({ fileId: row.fileId, version: row.version, planDigest: row.planDigest });
    return stored.length >= 1 ? row : undefined;
  });

  await bed.startWorker(undefined, { TALLYLINE_BUILD_ID: 'new' });
  await setCurrent('new');
  await writeFile(join(bed.incoming, 'small.txt'), 'new 7\n');
  truth.set('new', 7n);
  await eventually('a scan of the new build', async () => {
    const handle = await bed.startScan();
    await handle.result();
    return (await buildOf(handle.workflowId)) === 'new';
  });
  const rows = await bed.untilDone(2, 120_000);

  const small = rows.find(({ sourceKey }) => sourceKey === 'small.txt');
  expect(rows.map(({ state }) => state)).toEqual(['in', 'in']);
  expect(await bed.sums()).toEqual(truth);
  expect(await buildOf(`file:${PIPELINE}:${large.fileId}:${large.version}`)).toBe('old');
  expect(await buildOf(`file:${PIPELINE}:${small?.fileId}:${small?.version}`)).toBe('new');
  await old.kill('SIGTERM');
}, 240_000);

async function buildOf(workflowId: string): Promise<string | undefined> {
  const { raw } = await bed.client.workflow.getHandle(workflowId).describe();
  const { versioningInfo } = raw.workflowExecutionInfo ?? {};
  return versioningInfo?.deploymentVersion?.buildId ?? versioningInfo?.version?.split('.').at(-1) ?? undefined;
}

/** As the guide says it. It is refused until the server has heard of the build's workers. */
async function setCurrent(buildId: string): Promise<void> {
  const temporal = await findOrInstallTemporal(() => undefined);
  const args = ['worker', 'deployment', 'set-current-version', '--deployment-name', DEPLOYMENT, '--build-id', buildId, '--yes'];
  await eventually(`${buildId} is the current version`, () =>
    run(temporal, [...args, '--address', bed.server.address], { timeout: 30_000 }).then(
      () => true,
      () => false,
    ),
  );
}
