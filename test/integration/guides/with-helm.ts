/** The guide to Kubernetes, as far as it goes without a cluster: what it installs is rendered. */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../../helpers/guide-commands';
import type { Step } from '../../helpers/guide-run';
import type { GuideWorld } from '../../helpers/guide-world';
import { helmProgram, KUBERNETES_VERSIONS } from '../../helpers/kubernetes-tools';

const NEEDS_CLUSTER = { notRun: 'needs a cluster' };
/** Helm without a cluster takes it for an old one. */
const VERSION = ` --kube-version ${KUBERNETES_VERSIONS[0] ?? ''}`;
/** With the values that the guide names. */
const RENDERED: Step = { replace: [[/^helm (?:upgrade --install|install|upgrade)/, 'helm template']], append: VERSION };

export function testGuideToKubernetes(world: GuideWorld): void {
  test('kubernetes: its values and options are those of the chart', async () => {
    const shell = await world.newShell();
    await symlink(helmProgram(), join(shell.folder, 'bin', 'helm'));
    const values = join(REPOSITORY, 'deploy', 'chart', 'values');
    await copyFile(join(values, 'single-pod.yaml'), join(shell.folder, 'my-values.yaml'));
    await copyFile(join(values, 'worker-pool.yaml'), join(shell.folder, 'worker-pool.yaml'));
    await mkdir(join(shell.folder, 'incoming'));
    const config = 'pipelines:\n  - { name: usage, source: { kind: directory, id: incoming, root: ./incoming } }\n';
    await writeFile(join(shell.folder, 'tallyline.yaml'), config);
    await world.follow({
      page: 'docs/guides/kubernetes.md',
      shell,
      steps: {
        'docker build': { notRun: 'needs Docker' },
        kubectl: NEEDS_CLUSTER,
        'helm upgrade': RENDERED,
        'helm install': RENDERED,
        'helm lint': { append: VERSION },
        'helm template': { replace: [[/ \| kubectl.*/, '']], append: VERSION, stdout: /kind: StatefulSet/ },
      },
    });
  });
}
