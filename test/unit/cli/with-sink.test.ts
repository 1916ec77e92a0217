import { findFile } from '../../../src/cli/with-sink';
import { LedgerSink } from '../../../src/sinks/ledger-sink';
import { MemoryStore } from '../../../src/sinks/memory-store';
import { MEANING, PIPELINE, SinkDriver, testFile } from '../../contract/sink-driver';
import { countedContent } from '../../helpers/counted-content';

test('a fileId of another pipeline, or of a plan, is no file of this one', async () => {
  const sink = new LedgerSink(new MemoryStore());
  await sink.ensurePipeline(MEANING);
  await sink.ensurePipeline({ ...MEANING, pipeline: 'other' });
  const content = countedContent([['k', 1n]]);
  const [own, others] = [testFile('a', content), testFile('a', content, 'g1', 'other')];
  await new SinkDriver(sink).register(own);
  await new SinkDriver(sink, undefined, 'other').register(others);
  expect(await findFile(sink, PIPELINE, own.fileId)).toMatchObject({ fileId: own.fileId });
  expect(await findFile(sink, PIPELINE, 'a')).toMatchObject({ fileId: own.fileId });
  await expect(findFile(sink, PIPELINE, others.fileId)).rejects.toMatchObject({ code: 'unknown_file' });
  const driver = new SinkDriver(sink);
  await driver.plan('p1', [testFile('b', content)]);
  await expect(findFile(sink, PIPELINE, testFile('b', content, 'g1', `${PIPELINE}~p1`).fileId)).rejects.toMatchObject({
    code: 'unknown_file',
  });
});
