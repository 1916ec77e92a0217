import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bytecodePathOf, runBundle } from '../../../src/cli/run-bundle';

let folder: string;
let bundle: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyline-bundle-'));
  bundle = join(folder, 'bundle.js');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What the bundle says when it runs. */
function answerOf(): unknown {
  runBundle(bundle);
  return JSON.parse(readFileSync(join(folder, 'answer'), 'utf8'));
}

function keepBytecode(): void {
  const bytecode = runBundle(bundle);
  writeFileSync(bytecodePathOf(bundle), bytecode());
}

function write(answer: string): void {
  writeFileSync(
    bundle,
    `const answer = () => ${answer}; require('node:fs').writeFileSync(__dirname + '/answer', JSON.stringify(answer()));`,
  );
}

test('a bundle runs as a module, with and without the bytecode of its source', () => {
  write('[__filename, __dirname, typeof module.exports, require("node:path").basename(__filename)]');
  expect(answerOf()).toEqual([bundle, folder, 'object', 'bundle.js']);
  keepBytecode();
  expect(answerOf()).toEqual([bundle, folder, 'object', 'bundle.js']);
});

test('bytecode of another source of the same length is not run', () => {
  write('111');
  keepBytecode();
  write('222');
  expect(answerOf()).toBe(222);
});

test.each([
  ['cut short', (kept: Buffer) => kept.subarray(0, kept.length - 100)],
  ['empty', () => Buffer.alloc(0)],
  ['damaged', (kept: Buffer) => Buffer.from(kept.map((byte, index) => (index === kept.length - 200 ? byte ^ 1 : byte)))],
])('bytecode that is %s is not run', (_how, change) => {
  write('333');
  keepBytecode();
  writeFileSync(bytecodePathOf(bundle), change(readFileSync(bytecodePathOf(bundle))));
  expect(answerOf()).toBe(333);
});
