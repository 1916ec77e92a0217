/** What BI tools read of keys: each is a text of its own, whatever its fields hold. */
import Database from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { countedContent } from '../helpers/counted-content';
import { MEANING, SinkDriver, testFile } from './sink-driver';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tallyline-views-'))));
afterEach(() => rm(folder, { recursive: true }));

test('a key of several fields is shown with tabs between them', async () => {
  const keys = ['plain', 'a\0b', 'a\0c', 'p0\0\0"q"', 'back\\u0000slash\0\\t\\', 'é\0😀'];
  const path = join(folder, 'tallyline.db');
  const sink = new LedgerSink(SqliteStore.open({ path }));
  await sink.ensurePipeline(MEANING);
  await new SinkDriver(sink).take(testFile('a', countedContent(keys.map((key, index) => [key, BigInt(index)]))));
  await sink.close();
  const database = new Database(path, { readonly: true });
  const rows = database.prepare('SELECT key, sum FROM totals ORDER BY sum').all();
  database.close();
  expect(rows).toEqual(keys.map((key, sum) => ({ key: key.replaceAll('\0', '\t'), sum })));
});
