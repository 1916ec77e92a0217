/**
 * Records the histories that test/replay runs against the workflows: `npm run record-histories`. Until 1.0 they may be recorded anew,
 * in a commit that says why.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { prepare, root } from './prepare.mjs';

prepare();
const jest = createRequire(join(root, 'package.json')).resolve('jest/bin/jest');
const args = [jest, '--config', join(root, 'jest.config.js'), '--selectProjects', 'temporal', '--runInBand', '--forceExit'];
process.exit(
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, TALLYLINE_RECORD: '1' } }).status ?? 1,
);
