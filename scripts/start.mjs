/** `npm start`: sets everything up on a fresh clone and runs the main job on sample files. `npm start -- --help` shows its options. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const child = spawn(process.execPath, [join(root, 'bin', 'tallyline'), 'demo', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// A terminal sends its signals to the child as well; anything else sends them only here.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.stdin.isTTY || child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
