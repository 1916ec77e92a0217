import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, startDevServer } from '../../../src/workers/dev-server';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tallyline-server-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** In place of the server: notes that it was started, says something, and ends. */
async function startOne(exitCode: number): Promise<{ failure: unknown; starts: number }> {
  const [binary, notes] = [join(folder, 'server'), join(folder, 'notes')];
  writeFileSync(binary, `#!/bin/sh\necho started >> ${notes}\necho "no luck" >&2\nexit ${exitCode}\n`);
  chmodSync(binary, 0o755);
  const options = { binary, databasePath: join(folder, 'temporal.db'), namespace: 'default', port: await findFreePort(), uiPort: null };
  const failure: unknown = await startDevServer(options).catch((error: unknown) => error);
  return { failure, starts: readFileSync(notes, 'utf8').trim().split('\n').length };
}

test('a server that panics while it starts is started again, three times in all', async () => {
  const { failure, starts } = await startOne(2);
  expect(failure).toMatchObject({ code: 'temporal_unavailable', message: expect.stringContaining('no luck') });
  expect(starts).toBe(3);
});

test('one that ends for another reason is not', async () => {
  const { failure, starts } = await startOne(1);
  expect(failure).toMatchObject({ code: 'temporal_unavailable', message: expect.stringContaining('no luck') });
  expect(starts).toBe(1);
});
