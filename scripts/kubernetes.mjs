/**
 * Helm, kubeconform, kubernetes-validate, the loader of Docker Compose and the schemas of every kind that the chart renders, in one folder of the cache that is named
 * by what it holds. No registry ships the Go programs ready to run, so they are built.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages, onPath, root, say } from './prepare.mjs';

const TIMEOUT_MS = 900_000;
const sources = ['kubernetes-tools.json', 'kubernetes-schemas.mjs', 'compose-model.go'].map((name) => join(root, 'scripts', name));
const [list, schemaWriter, composeModel] = sources;
export const kubernetesTools = JSON.parse(readFileSync(list, 'utf8'));

/** The folder, or undefined with the reason said: then the tests that need it fail. */
export function findOrInstallKubernetesTools() {
  const folder = join(cacheFolder(), `kubernetes-${digestOf(sources).slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  if (!onPath('go')) installDebianPackages(['golang-go']);
  if (!hasPip()) installDebianPackages(['python3-pip']);
  if (!onPath('go') || !hasPip()) return complain('it needs Go and pip, which are not here');
  say(
    'Building Helm, kubeconform and the loader of Docker Compose with Go, and fetching the schemas of Kubernetes (2 to 4 minutes, once; cached afterwards)',
  );
  const part = `${folder}.${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    for (const install of [installPrograms, installComposeModel, installPython, installSchemas]) {
      const problem = install(part);
      if (problem !== undefined) return complain(problem);
    }
    // Whoever was faster has made the same.
    if (!existsSync(folder)) renameSync(part, folder);
    return folder;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function installPrograms(folder) {
  const bin = join(folder, 'bin');
  for (const { module, package: path, version } of Object.values(kubernetesTools.programs)) {
    const problem = run('go', ['install', '-ldflags=-s -w', `${module}/${path}@${version}`], { GOBIN: bin });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A program of ours needs a module to be built in. */
function installComposeModel(folder) {
  const work = mkdtempSync(join(tmpdir(), 'tallyline-compose-'));
  try {
    cpSync(composeModel, join(work, 'main.go'));
    const steps = [
      ['mod', 'init', 'compose-model'],
      ['get', kubernetesTools.composeLoader],
      ['mod', 'tidy'],
      ['build', '-ldflags=-s -w', '-o', join(folder, 'bin', 'compose-model'), '.'],
    ];
    return steps.map((args) => run('go', args, {}, work)).find((problem) => problem !== undefined);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function installPython(folder) {
  const packages = Object.entries(kubernetesTools.python).map(([name, version]) => `${name}==${version}`);
  return run('python3', ['-m', 'pip', 'install', '-q', '--no-compile', '--target', join(folder, 'python'), ...packages]);
}

/** Into one folder, as kubeconform looks for them: those of Kubernetes come with kubernetes-validate, the others as CRDs of their modules. */
function installSchemas(folder) {
  const problems = kubernetesTools.customResources.map((module) => fetchModule(folder, module));
  const problem = problems.find((one) => one !== undefined);
  return problem ?? run(process.execPath, [schemaWriter, folder]);
}

function fetchModule(folder, { module, version, files }) {
  const work = mkdtempSync(join(tmpdir(), 'tallyline-module-'));
  try {
    const { status, stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
      cwd: work,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    if (status !== 0) return `go mod download ${module}@${version}: ${(stderr || stdout).slice(-500)}`;
    mkdirSync(join(folder, 'custom-resources'), { recursive: true });
    return run('cp', [...files.map((file) => join(JSON.parse(stdout).Dir, file)), join(folder, 'custom-resources')]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(program, args, environment = {}, cwd = tmpdir()) {
  const { status, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, ...environment },
  });
  return status === 0 ? undefined : `${program} ${args.slice(0, 4).join(' ')}: ${error?.message ?? (stderr ?? '').slice(-500)}`;
}

function hasPip() {
  return spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0;
}

function cacheFolder() {
  return process.env.TALLYLINE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tallyline');
}

function digestOf(files) {
  return createHash('sha256')
    .update(Buffer.concat(files.map((file) => readFileSync(file))))
    .digest('hex');
}

function complain(problem) {
  say(`What checks the Helm chart could not be installed, so its tests fail: ${problem}`);
  return undefined;
}
