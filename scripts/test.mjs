/** `npm test`: sets everything up on a fresh clone and runs every test. Arguments go to Jest: `npm test -- test/unit`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { fail, installDebianPackages, onPath, prepare, root, say } from './prepare.mjs';
import { findOrInstallCeph } from './ceph.mjs';
import { findOrInstallKubernetesTools } from './kubernetes.mjs';
import { findOrInstallPostgres } from './postgres.mjs';
import { findOrFetchPrometheus } from './prometheus.mjs';
import { findOrBuildTctl } from './tctl.mjs';

prepare();
const require = createRequire(join(root, 'package.json'));
const { findOrInstallTemporal } = require(join(root, 'dist', 'workers', 'temporal-binary.js'));
const temporal = await findOrInstallTemporal(say).catch(async (error) => {
  // Where nothing can be downloaded it is built, and root may install what builds it.
  if (onPath('go') || !installDebianPackages(['golang-go'])) fail(error.message);
  return await findOrInstallTemporal(say).catch((again) => fail(again.message));
});
const tctl = findOrBuildTctl();
const postgres = findOrInstallPostgres();
const prometheus = findOrFetchPrometheus();
const kubernetes = findOrInstallKubernetesTools();
findOrInstallCeph();
const environment = {
  ...process.env,
  TALLYLINE_TEMPORAL: temporal,
  ...(tctl ? { TALLYLINE_TCTL: tctl } : {}),
  ...(postgres ? { TALLYLINE_POSTGRES: postgres } : {}),
  ...(prometheus ? { TALLYLINE_PROMETHEUS: prometheus } : {}),
  ...(kubernetes ? { TALLYLINE_KUBERNETES: kubernetes } : {}),
};
const jest = require.resolve('jest/bin/jest');
const given = process.argv.slice(2);

// A test that failed may leave a server behind, which must not hold up the end: hence --forceExit.
// The fast tests run side by side; those with a server one after another, so that the machine's load never decides.
const runs =
  given.length > 0
    ? [[...given, '--runInBand']]
    : [
        ['--selectProjects', 'fast', '--maxWorkers=2'],
        ['--selectProjects', 'temporal', '--runInBand'],
      ];
const startedAtMs = Date.now();
let failed = false;
for (const args of runs) {
  const { status } = spawnSync(process.execPath, [jest, '--config', join(root, 'jest.config.js'), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment,
  });
  failed ||= status !== 0;
}
say(`The tests took ${Math.round((Date.now() - startedAtMs) / 1000)} s, set-up aside.`);
process.exit(failed ? 1 : 0);
