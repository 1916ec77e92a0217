/** Helm, kubeconform, kubernetes-validate and the loader of Docker Compose, as scripts/kubernetes.mjs installs them. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const TIMEOUT_MS = 60_000;
const root = join(__dirname, '../..');
export const CHART = join(root, 'deploy/chart/tallyline');
export const KUBERNETES_VERSIONS = (
  JSON.parse(readFileSync(join(root, 'scripts/kubernetes-tools.json'), 'utf8')) as { readonly kubernetesVersions: readonly string[] }
).kubernetesVersions;

/** `output` is what it said, on either stream. */
interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

export function valuesFile(deployment: string): string {
  return join(root, 'deploy/chart/values', `${deployment}.yaml`);
}

export function manifestFile(deployment: string): string {
  return join(root, 'deploy/kubernetes', `${deployment}.yaml`);
}

/** Renders the chart with the values of a deployment and whatever `more` sets. */
export function helmTemplate(deployment: string, more: readonly string[] = []): Outcome {
  const version = ['--kube-version', KUBERNETES_VERSIONS[0] ?? ''];
  return helm(['template', 'tallyline', CHART, '-f', valuesFile(deployment), ...version, ...more]);
}

export function helmProgram(): string {
  return join(toolFolder(), 'bin/helm');
}

export function helm(args: readonly string[]): Outcome {
  return run(helmProgram(), args);
}

/** Prints the compose file as Docker Compose takes it, by the loader that Compose has itself. */
export function composeModel(file: string, environment: Readonly<Record<string, string>>): Outcome {
  return run(join(toolFolder(), 'bin/compose-model'), [file], environment);
}

/** Every kind must have a schema, and may have no field that this lacks. */
export function kubeconform(files: readonly string[], version: string): Outcome {
  const schemas = [version, 'custom-resources'].flatMap((name) => [
    '-schema-location',
    join(toolFolder(), 'schemas', name, '{{ .ResourceKind }}{{ .KindSuffix }}.json'),
  ]);
  return run(join(toolFolder(), 'bin/kubeconform'), ['-strict', ...schemas, ...files]);
}

/** It knows the kinds of Kubernetes alone, and says which others it passed over. */
export function kubernetesValidate(files: readonly string[], version: string): Outcome {
  const args = ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', version, ...files];
  return run('python3', args, { PYTHONPATH: join(toolFolder(), 'python') });
}

/** Throws when they are not there: a test that needs them fails without. */
function toolFolder(): string {
  const cache = process.env['TALLYLINE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tallyline');
  const sources = ['kubernetes-tools.json', 'kubernetes-schemas.mjs', 'compose-model.go'].map((name) =>
    readFileSync(join(root, 'scripts', name)),
  );
  const digest = createHash('sha256').update(Buffer.concat(sources)).digest('hex');
  const folder = process.env['TALLYLINE_KUBERNETES'] ?? join(cache, `kubernetes-${digest.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  throw new Error(`no Helm and no kubeconform in ${folder}: \`npm test\` builds them, and \`npm run kubernetes\` does`);
}

function run(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, ...environment },
  });
  return { status, output: `${stdout}${stderr}`.trim() };
}
