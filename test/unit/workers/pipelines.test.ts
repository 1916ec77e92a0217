import { parseConfig } from '../../../src/config/load-config';
import { createPipelineRuntimes } from '../../../src/workers/pipelines';

const GIB = 1024 ** 3;

test.each([
  ['is what it may hold, since counting takes time for that', '{}', 200 * 64 * 1024 ** 2],
  ['is bounded by what a file may hold at most', '{ maxPlainBytes: 1GiB }', GIB],
  ['is its own size where nothing is decompressed', '{ compression: none }', undefined],
])('the time limit of a file that one activity counts %s', async (_name, format, expected) => {
  const text = `pipelines:\n  - name: usage\n    source: { kind: directory, id: incoming, root: ./incoming }\n    format: ${format}\n`;
  const runtime = createPipelineRuntimes(parseConfig(text, '/etc/tallyline/tallyline.yaml')).get('usage');
  expect(runtime?.scanSettings.file.wholeFilePlainBytesMax).toBe(expected);
  if (runtime && 'source' in runtime) await runtime.source.close();
});
