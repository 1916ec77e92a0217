/** A new folder for a server's data: in memory where there is enough of it, since what is synced there costs nothing. */
import { existsSync, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY_FOLDER = '/dev/shm';

export function newServerFolder(name: string, memoryBytesMin: number): string {
  return mkdtempSync(join(freeMemoryBytes() > memoryBytesMin ? MEMORY_FOLDER : tmpdir(), `tallyline-${name}-`));
}

function freeMemoryBytes(): number {
  if (!existsSync(MEMORY_FOLDER)) return 0;
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  return bavail * bsize;
}
