/** The guide to Postgres, against a server of its own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadGuide } from '../../helpers/guide-commands';
import type { Replacement } from '../../helpers/guide-run';
import type { GuideWorld } from '../../helpers/guide-world';
import { PostgresServer } from '../../helpers/postgres-server';

export function testGuideToPostgres(world: GuideWorld): void {
  test('postgres: a role, a schema and a reader of it', async () => {
    const shell = await world.newShell({ TEMPORAL_ADDRESS: world.address });
    const server = await PostgresServer.start();
    try {
      await server.query('CREATE ROLE analyst');
      const [block] = loadGuide('docs/guides/postgres.md').data;
      const config = block!.lines
        .join('\n')
        .replace(/hosts: .*/, `hosts: ['127.0.0.1:${server.port}']`)
        .replace(/tls: .*/, 'tls: { mode: disable }');
      await writeFile(join(shell.folder, 'tallyline.yaml'), config.replace('user: tallyline', 'user: meter'));
      await writeFile(join(shell.folder, 'postgres-password'), 'unused\n', { mode: 0o600 });
      const psql = (database: string): Replacement => [
        /^[^]+$/,
        `psql --quiet --set ON_ERROR_STOP=1 --host 127.0.0.1 --port ${server.port} --username tallyline ${database} <<'END'\n$&\nEND`,
      ];
      // The server of the tests has that name for its superuser.
      const owner: Replacement = [/(?<=ROLE |OWNER )tallyline/, 'meter'];
      await world.follow({
        page: 'docs/guides/postgres.md',
        shell,
        steps: { CREATE: { replace: [owner, psql('postgres')] }, GRANT: { replace: [psql('billing')] } },
      });
      const [{ count }] = (await server.query("SELECT count(*) FROM pg_roles WHERE rolname = 'meter'")) as [{ count: string }];
      expect(count).toBe('1');
    } finally {
      await server.remove();
    }
  });
}
