/** A Postgres server for the tests: found, or installed where this is root on Debian. The tests start it themselves, each its own. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { installDebianPackages } from './prepare.mjs';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const CLUSTER_SETTINGS = '/etc/postgresql-common/createcluster.conf';
const PROGRAMS = ['initdb', 'postgres', 'pg_basebackup'];

/** The folder of its programs, or undefined: then the tests that need it fail and say what to install. */
export function findOrInstallPostgres() {
  return findPostgres() ?? (installPostgres() ? findPostgres() : undefined);
}

function findPostgres() {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).sort((left, right) => Number(right) - Number(left)) : [];
  const folders = [
    process.env.TALLYLINE_POSTGRES,
    ...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => folder && PROGRAMS.every((program) => existsSync(join(folder, program))));
}

function installPostgres() {
  if (process.getuid?.() !== 0) return false;
  // The package would create a database of its own and start it; nobody asked for one.
  if (!existsSync(CLUSTER_SETTINGS)) {
    mkdirSync(dirname(CLUSTER_SETTINGS), { recursive: true });
    writeFileSync(CLUSTER_SETTINGS, 'create_main_cluster = false\n');
  }
  return installDebianPackages(['postgresql'], ['-o', 'Dpkg::Options::=--force-confold']);
}
