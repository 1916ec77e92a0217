import { join } from 'node:path';

/** A thread runs built JavaScript only: where this module runs as TypeScript (tests), the build beside it has the entry. */
export function threadEntry(): string {
  const folder = __filename.endsWith('.ts') ? join(__dirname, '../../dist/kernel') : __dirname;
  return join(folder, 'count-thread.js');
}
