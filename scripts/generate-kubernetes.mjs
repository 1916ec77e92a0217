/**
 * Writes deploy/kubernetes, for those who do without Helm: what the chart renders with each file of deploy/chart/values.
 * With --check it writes nothing and exits with 1 if a file is not up to date.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { putGenerated } from './generated-file.mjs';
import { findOrInstallKubernetesTools, kubernetesTools } from './kubernetes.mjs';
import { fail, root } from './prepare.mjs';

const TIMEOUT_MS = 60_000;
const HEAD = '# Written by scripts/generate-kubernetes.mjs. Change deploy/chart, not this file.\n';
const chart = join(root, 'deploy', 'chart');

const tools = process.env.TALLYLINE_KUBERNETES ?? findOrInstallKubernetesTools();
if (tools === undefined) fail('Without Helm nothing can be rendered, so deploy/kubernetes is as it was.');
const names = readdirSync(join(chart, 'values'));
const isUpToDate = names.map((name) =>
  putGenerated(
    new URL(`../deploy/kubernetes/${name}`, import.meta.url),
    `${HEAD}${render(name)}`,
    `deploy/kubernetes/${name}`,
    'npm run kubernetes',
  ),
);
process.exitCode = isUpToDate.every(Boolean) ? 0 : 1;

function render(name) {
  const version = ['--kube-version', kubernetesTools.kubernetesVersions.at(-1)];
  const args = ['template', 'tallyline', join(chart, 'tallyline'), '-f', join(chart, 'values', name), ...version];
  const { status, stdout, stderr } = spawnSync(join(tools, 'bin', 'helm'), args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  if (status !== 0) fail(`helm ${args.join(' ')}: ${stderr}`, 1);
  return stdout;
}
