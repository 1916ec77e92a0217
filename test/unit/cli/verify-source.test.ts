/** Files are read again while the pipeline goes on: what is corrected, or goes, meanwhile is no mismatch. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifySource } from '../../../src/cli/verify-source';
import { LedgerSink } from '../../../src/sinks/ledger-sink';
import { MemoryStore } from '../../../src/sinks/memory-store';
import type { Sink } from '../../../src/sinks/sink';
import { openSource } from '../../../src/sources/open-source';
import type { SourceOptions } from '../../../src/sources/source-options';
import { MEANING, PIPELINE, SinkDriver, SOURCE, testFile, type TestFile } from '../../contract/sink-driver';
import { countedContent } from '../../helpers/counted-content';

let folder: string;
let driver: SinkDriver;
let file: TestFile;
const sourceOptions = (): SourceOptions => ({ kind: 'directory', sourceId: SOURCE, root: folder, include: ['**'], exclude: [] });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-verify-'));
  await writeFile(join(folder, 'a'), 'k 5\n');
  const source = openSource(sourceOptions());
  const listed = await source.look('a');
  await source.close();
  const sink = new LedgerSink(new MemoryStore());
  await sink.ensurePipeline(MEANING);
  driver = new SinkDriver(sink);
  file = testFile('a', countedContent([['k', 5n]]), listed!.generation);
  await driver.take(file);
});
afterEach(() => rm(folder, { recursive: true }));

async function verified(methods: Partial<Sink>) {
  const sink = Object.assign(Object.create(driver.sink) as Sink, methods);
  return await verifySource({ sink, pipeline: PIPELINE, sourceOptions: sourceOptions(), threads: 1 });
}

test('a file that is as it was counted', async () => {
  expect(await verified({})).toEqual({ mismatches: [], filesRead: 1, filesGone: 0, filesDisposed: 0 });
});

test('a file that is taken out of the totals while it is read', async () => {
  const readContribution: Sink['readContribution'] = async (input) => {
    await driver.retract(file.fileId);
    return await driver.sink.readContribution(input);
  };
  expect(await verified({ readContribution })).toEqual({ mismatches: [], filesRead: 0, filesGone: 1, filesDisposed: 0 });
});

test('a file that goes before it is opened', async () => {
  const listFiles: Sink['listFiles'] = async (input) => {
    const rows = await driver.sink.listFiles(input);
    return rows.map((row) => ({
      ...row,
      get plan() {
        rmSync(join(folder, 'a'), { force: true });
        return row.plan;
      },
    }));
  };
  expect(await verified({ listFiles })).toEqual({ mismatches: [], filesRead: 0, filesGone: 1, filesDisposed: 0 });
});

test('a file that was moved on purpose after it was counted', async () => {
  const disposal = { fileId: file.fileId, version: 1, kind: 'move', place: '/counted/a' } as const;
  await driver.sink.beginDisposal({ ...disposal, appliedBeforeMs: driver.nowMs + 1, nowMs: driver.nowMs });
  await driver.sink.recordDisposal({ ...disposal, outcome: 'done', nowMs: driver.nowMs });
  rmSync(join(folder, 'a'));
  expect(await verified({})).toEqual({ mismatches: [], filesRead: 0, filesGone: 1, filesDisposed: 1 });
});

test('totals that hold something else of it', async () => {
  const readContribution: Sink['readContribution'] = async (input) => {
    const page = await driver.sink.readContribution(input);
    return { ...page, entries: page.entries.map((entry) => ({ ...entry, sum: entry.sum + 1n })) };
  };
  expect((await verified({ readContribution })).mismatches).toMatchObject([{ check: 'source_totals' }]);
});
