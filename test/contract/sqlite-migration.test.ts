/**
 * A database that the first version wrote: files counted, retracted and counted again, recounted twice, superseded, empty, set aside,
 * and one whose recount was under way. Everything that it ever answered is answered still, and every file can be taken out.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { PIPELINE, SinkDriver } from './sink-driver';

const BIG = '9223372036854775708';
const [RICH, ACCENTED] = ['9223372036854775709/2', { xé: '2/1' }];
/** By ledger sequence, as they were told then. */
const ANSWERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  1: { k: '1/1', ...ACCENTED },
  3: { k: RICH, ...ACCENTED },
  5: { k: RICH, neg: '-5/1', ...ACCENTED, '2026-11k': '7/1' },
  6: { k: `${BIG}/1`, neg: '-5/1', '2026-11k': '7/1' },
  8: { k: RICH, neg: '-5/1', ...ACCENTED, '2026-11k': '7/1' },
  12: { k: RICH, neg: '-5/1', ...ACCENTED, '2026-11k': '7/1' },
  15: { k: RICH, neg: '-6/1', ...ACCENTED, '2026-11k': '7/1' },
};

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tallyline-migration-'))));
afterEach(() => rm(folder, { recursive: true }));

test('a database of the first version', async () => {
  const path = join(folder, 'tallyline.db');
  await writeFile(path, gunzipSync(await readFile(join(__dirname, 'databases', 'sqlite-version-1.db.gz'))));
  const sink = new LedgerSink(SqliteStore.open({ path }));
  const driver = new SinkDriver(sink);
  expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  expect(await driver.totals()).toEqual(ANSWERS[15]);
  for (const [number, totals] of Object.entries(ANSWERS)) expect(await driver.totals(Number(number))).toEqual(totals);
  const { steps } = await sink.explain({ pipeline: PIPELINE, key: Buffer.from('neg') });
  expect(steps.map(({ number, kind, sum }) => `${number} ${kind} ${sum}`)).toEqual(['4 counted -5', '13 superseded 5', '14 counted -6']);

  const rows = await sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 100 });
  const inside = rows.filter(({ inVersion }) => inVersion !== null);
  expect(inside.map(({ sourceKey, state, inVersion }) => `${sourceKey} ${state} v${inVersion}`)).toEqual([
    'a in v3',
    'b in v3',
    'empty in v1',
    'p counting v1',
    'c in v1',
  ]);
  for (const { fileId } of inside) expect(await driver.retract(fileId)).toMatchObject({ outcome: 'done' });
  expect(await driver.totals()).toEqual({});
  expect(await driver.totals(15)).toEqual(ANSWERS[15]);
  expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
  await sink.close();
});
