/** `node compile-kernels.mjs FOLDER`: compiles each folder below FOLDER, which is a copy of src/kernel/wasm, to kernel.wasm in it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main } from 'assemblyscript/asc';
import { kernelCompilerArguments } from '../../scripts/kernel-compiler.mjs';

const folder = process.argv[2];
for (const name of readdirSync(folder)) {
  const target = join(folder, name, 'kernel.wasm');
  // Little is optimised: that takes a tenth of the time, and the functions are the same.
  const { error, stderr } = await main(kernelCompilerArguments(join(folder, name, 'index.ts'), target, 1));
  if (error) {
    process.stderr.write(`${name}: ${stderr.toString()}\n`);
    process.exit(1);
  }
}
