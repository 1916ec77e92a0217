/** Where a Postgres server is installed: TALLYLINE_POSTGRES names the folder of its programs, or it is where Debian puts it, or on PATH. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const PROGRAMS = ['initdb', 'postgres', 'pg_basebackup'];

/** Throws when there is none: a test that needs a server fails without it. */
export function postgresProgram(name: string): string {
  const given = process.env['TALLYLINE_POSTGRES'];
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).sort((left, right) => Number(right) - Number(left)) : [];
  const folders = [
    ...(given === undefined ? [] : [given]),
    ...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const folder = folders.find((candidate) => PROGRAMS.every((program) => existsSync(join(candidate, program))));
  if (folder === undefined) {
    throw new Error(
      'no Postgres server (initdb, postgres, pg_basebackup) is installed: `npm test` installs one as root on Debian; ' +
        'otherwise install PostgreSQL 13 or later and name the folder of its programs in TALLYLINE_POSTGRES',
    );
  }
  return join(folder, name);
}

/** A server refuses to run as root, so that root lends it the identity of somebody who may nothing. */
export function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (found === undefined) throw new Error('there is neither a user postgres nor nobody to run a server as');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
