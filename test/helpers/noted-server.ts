/** The Temporal server of an `up` in this folder that was killed: only the one that the file beside its database names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function killNotedServer(folder: string): Promise<void> {
  const note = await readFile(join(folder, 'temporal.db.server.json'), 'utf8').catch(() => null);
  if (note === null) return;
  try {
    process.kill((JSON.parse(note) as { pid: number }).pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
