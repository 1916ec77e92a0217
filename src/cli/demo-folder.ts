/** The folder of the demo, which is emptied at each start: never one that holds anything else. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TallylineFailure } from '../core/failures';

/** Written before anything else and removed by nobody, so that a demo that was killed is known as one. */
const MARKER = '.tallyline-demo';

/** Throws `config_invalid`, with everything left as it is, for a folder with something in it that no demo has written. */
export async function emptyDemoFolder(folder: string): Promise<void> {
  const names = await namesIn(folder);
  if (names.length > 0 && !names.includes(MARKER)) {
    throw new TallylineFailure(
      'config_invalid',
      `--folder ${folder} is emptied by the demo, and it holds ${names.length} entries that no demo has written (such as ${names[0] ?? ''}); ` +
        'name another folder, or empty this one yourself',
    );
  }
  for (const name of names.filter((candidate) => candidate !== MARKER)) await rm(join(folder, name), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MARKER), 'This folder is emptied whenever `tallyline demo` starts in it.\n');
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new TallylineFailure('config_invalid', `--folder ${folder} cannot be used: ${message}`, { cause: error });
  }
}
