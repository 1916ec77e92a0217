/** Where the build put the workflow bundle: made once, so that a start is quick and every worker runs the same code. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TallylineFailure } from '../core/failures';

const PACKAGE_ROOT = resolve(__dirname, '..', '..');

export function workflowBundlePath(): string {
  const path = join(PACKAGE_ROOT, 'dist', 'workflow-bundle.js');
  if (!existsSync(path)) throw new TallylineFailure('config_invalid', `the workflow bundle ${path} is missing; run \`npm run build\``);
  return path;
}
