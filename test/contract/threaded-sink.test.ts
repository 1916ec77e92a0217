import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TallylineFailure } from '../../src/core/failures';
import { openThreadedSink, threadEntry } from '../../src/sinks/threaded-sink';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-threaded-'));
});
afterEach(async () => rm(folder, { recursive: true }));

test('a sink whose thread dies says so once, and every call fails as sink_unavailable', async () => {
  const entry = join(folder, 'mortal.js');
  const dieOnList = `require('node:worker_threads').parentPort.on('message', ({ method }) => method === 'listPipelines' && process.exit(7));`;
  await writeFile(entry, `${dieOnList}\nrequire(${JSON.stringify(threadEntry())});\n`);
  const lost: TallylineFailure[] = [];
  const sink = await openThreadedSink({ kind: 'sqlite', path: join(folder, 'a.db') }, { onLost: (failure) => lost.push(failure) }, entry);
  expect(await sink.readPipeline('usage')).toBeNull();
  await expect(sink.listPipelines()).rejects.toMatchObject({ code: 'sink_unavailable' });
  await expect(sink.readPipeline('usage')).rejects.toMatchObject({ code: 'sink_unavailable' });
  await sink.close();
  expect(lost.map(({ code }) => code)).toEqual(['sink_unavailable']);
});

test('a sink that is closed, or never opened, is not lost', async () => {
  const lost: TallylineFailure[] = [];
  const onLost = (failure: TallylineFailure) => lost.push(failure);
  const sink = await openThreadedSink({ kind: 'sqlite', path: join(folder, 'a.db') }, { onLost });
  await sink.close();
  await expect(openThreadedSink({ kind: 'sqlite', path: folder }, { onLost })).rejects.toMatchObject({ code: 'sink_unavailable' });
  expect(lost).toEqual([]);
});
