import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';

import { registerConfig } from '../../../src/cli/commands/config';

const directory = mkdtempSync(join(tmpdir(), 'tallyline-config-command-'));
const valid = join(directory, 'valid.yaml');
const invalid = join(directory, 'invalid.yaml');

beforeAll(() => {
  writeFileSync(valid, 'pipelines:\n  - name: usage\n    source: { kind: directory, id: incoming, root: ./incoming }\n');
  writeFileSync(invalid, 'pipelines:\n  - name: Usage\n    sauce: {}\n');
});

afterAll(() => rmSync(directory, { recursive: true }));

async function run(...values: string[]): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  const before = process.exitCode;
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    const program = new Command();
    registerConfig(program);
    await program.parseAsync(['config', 'check', ...values], { from: 'user' });
    return { exitCode: process.exitCode, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = before;
  }
}

test('a valid configuration is shown with the origin of each value; exit code 0', async () => {
  const { exitCode, stdout, stderr } = await run('--config', valid);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^pipelines\[0\]\.source\.root +"\.\/incoming" +file$/m);
  expect(stdout).toMatch(/^pipelines\[0\]\.source\.doneMarker +\(none\) +default$/m);
});

test('as JSON it is one document', async () => {
  const { options } = JSON.parse((await run('--config', valid, '--output', 'json')).stdout) as { options: unknown[] };
  expect(options).toContainEqual(expect.objectContaining({ option: 'pipelines[0].name', value: 'usage', origin: 'file' }));
});

test('an invalid one is told in full on stderr; exit code 2', async () => {
  const { exitCode, stdout, stderr } = await run('--config', invalid);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`${invalid}:2:11: pipelines[0].name cannot be "Usage"`);
  expect(stderr).toContain(`${invalid}:3:5: pipelines[0].sauce is no option; Did you mean \`source\`?`);
  expect(stderr).toContain(`${invalid}:2:5: pipelines[0].source is missing`);
});

test('without --config it takes the file that TALLYLINE_CONFIG names', async () => {
  process.env['TALLYLINE_CONFIG'] = invalid;
  try {
    expect(await run()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${invalid}:2:11`) });
    expect(await run('--config', valid)).toMatchObject({ exitCode: 0 });
  } finally {
    delete process.env['TALLYLINE_CONFIG'];
  }
});

test('a wrong --output is refused; exit code 2', async () => {
  expect(await run('--config', valid, '--output', 'xml')).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining('--output cannot be "xml"'),
  });
});
