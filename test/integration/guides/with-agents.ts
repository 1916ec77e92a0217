/** The guide to agents: a bucket of a real Ceph between an agent and a worker, totals in Postgres. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CephBuckets } from '../../helpers/ceph-bed';
import { eventually } from '../../helpers/eventually';
import { loadGuide } from '../../helpers/guide-commands';
import { ANYTHING, WORKER_READY, type GuideWorld } from '../../helpers/guide-world';
import { PostgresServer } from '../../helpers/postgres-server';

const NAMESPACE = 'publishers';
const AGENT_READY = /agent is ready/;

export function testGuideToAgents(world: GuideWorld): void {
  test('publisher: workers with the database, an agent without, and commands that name it', async () => {
    const [postgres, buckets] = await Promise.all([PostgresServer.start(), CephBuckets.start()]);
    try {
      await world.serving.must(`temporal operator namespace create --namespace ${NAMESPACE}`);
      const environment = { TEMPORAL_ADDRESS: world.address, TEMPORAL_NAMESPACE: NAMESPACE, ...buckets.environment };
      const shell = await world.newShell(environment);
      const { bucket, endpoint = '' } = await buckets.create();
      const config = loadGuide('docs/guides/publisher.md').data.find(({ language }) => language === 'yaml')!;
      const here = config.lines
        .join('\n')
        .replace('tallyline-exchange', bucket)
        .replace('https://ceph.example', endpoint)
        .replace(/hosts: .*/, `hosts: ['127.0.0.1:${postgres.port}']\n  tls: { mode: disable }`)
        .replace('database: billing', 'database: postgres')
        .replace('every: 15s', 'every: 1s')
        .replace('/var/spool/usage', './spool');
      await writeFile(join(shell.folder, 'tallyline.yaml'), `${here}\n${stringify({ worker: { metricsAddress: '127.0.0.1:0' } })}`);
      await writeFile(join(shell.folder, 'postgres-password'), 'unused\n', { mode: 0o600 });
      await mkdir(join(shell.folder, 'spool', '2026', '11'), { recursive: true });
      await shell.must(
        'touch spool/.volume && printf "123 500\\n7 20\\n" > spool/2026/11/usage.txt && touch -d "1 hour ago" spool/2026/11/usage.txt',
      );
      await world.follow({
        page: 'docs/guides/publisher.md',
        shell,
        steps: {
          // The server takes a moment to know a new namespace.
          'tallyline setup': { until: ANYTHING },
          'tallyline worker': { background: WORKER_READY },
          'tallyline agent': {
            background: AGENT_READY,
            append: ' --source-id host-7',
            after: () =>
              eventually('the file in the totals', async () => {
                const { stdout } = await shell.must('tallyline files --output json');
                const [file] = JSON.parse(stdout) as { readonly state: string; readonly sourceId: string }[];
                return file?.state === 'in' && file.sourceId === 'host-7';
              }),
          },
          'tallyline backfill run': { stdout: /"complete":true,.*"states":\{"in":1\}/ },
        },
      });
      const { stdout } = await shell.must('temporal workflow result --workflow-id backfill-host-7');
      expect(stdout).toMatch(/"?complete"?:\s*true/);
      expect((await shell.must('tallyline totals --output csv')).stdout).toBe('key,sum,count\n123,500,1\n7,20,1\n');
      await shell.destroy();
    } finally {
      await Promise.all([postgres.remove(), buckets.stop()]);
    }
  });
}
