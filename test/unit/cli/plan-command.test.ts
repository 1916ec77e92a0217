import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerPlan } from '../../../src/cli/commands/plan';
import { toSinkOptions } from '../../../src/config/convert';
import { loadConfig } from '../../../src/config/load-config';
import { pipelineMeaning } from '../../../src/config/pipeline-meaning';
import { DEFAULT_POLICIES } from '../../../src/core/policies';
import { openSink } from '../../../src/sinks/open-sink';

const CONFIG = `
pipelines:
  - name: usage
    source: { kind: directory, id: usage, root: ./usage }
  - name: traffic
    source: { kind: directory, id: traffic, root: ./traffic }
`;

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tallyline-plan-command-'))));
afterEach(() => rm(folder, { recursive: true }));

test('a plan is applied only under the name of its own pipeline', async () => {
  const path = join(folder, 'tallyline.yaml');
  await writeFile(path, CONFIG);
  const config = loadConfig(path);
  const sink = await openSink(toSinkOptions(config));
  for (const pipeline of config.pipelines)
    await sink.ensurePipeline({ pipeline: pipeline.name, meaning: pipelineMeaning(pipeline), scale: 0, unit: '' });
  const nowMs = Date.now();
  const request = { description: '', allowances: {}, policies: DEFAULT_POLICIES, nowMs, expiresMs: nowMs + 60_000 };
  await sink.createPlan({ planId: 'p-1', pipeline: 'traffic', ...request });
  await sink.sealPlan({ planId: 'p-1' });
  await sink.close();
  const apply = async (pipeline: string) => {
    const program = new Command();
    registerPlan(program);
    const values = ['apply', 'p-1', '--config', path, '--pipeline', pipeline, '--by', 'alice', '--reason', 'a test'];
    await program.parseAsync(values, { from: 'user' });
  };
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  await expect(apply('usage')).rejects.toMatchObject({ code: 'unknown_plan' });
  await expect(apply('traffic')).resolves.toBeUndefined();
  jest.restoreAllMocks();
});
