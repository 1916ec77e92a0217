/** The programs of a Ceph cluster for the tests: found, or installed where this is root on Debian. The tests start it themselves, each its own. */
import { readFileSync } from 'node:fs';
import { installDebianPackages, onPath } from './prepare.mjs';

/** Which Debian package has each program; test/helpers/ceph-programs.ts reads the same table. */
const { objects, files } = JSON.parse(readFileSync(new URL('ceph-programs.json', import.meta.url), 'utf8'));

/** Whether everything is there: what is not makes the tests that need it fail and say what to install. */
export function findOrInstallCeph() {
  const packages = missingPackages();
  return packages.length === 0 || (installDebianPackages(packages) && missingPackages().length === 0);
}

function missingPackages() {
  const missing = Object.entries({ ...objects, ...files }).filter(([program]) => !onPath(program));
  return [...new Set(missing.map(([, debianPackage]) => debianPackage))];
}
