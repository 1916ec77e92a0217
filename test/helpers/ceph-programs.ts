/** The programs that a Ceph cluster is made of, and what to install where one is missing. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** `objects` for S3, `files` for CephFS beside it. */
type Part = 'objects' | 'files';

const DEBIAN_PACKAGES = JSON.parse(readFileSync(join(__dirname, '../../scripts/ceph-programs.json'), 'utf8')) as Record<
  Part,
  Record<string, string>
>;

/** Throws when a program is missing: a test that needs a cluster fails without it. */
export function requireCephPrograms(parts: readonly Part[]): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const wanted = parts.flatMap((part) => Object.entries(DEBIAN_PACKAGES[part]));
  const missing = wanted.filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, debianPackage]) => debianPackage))].join(' ');
  throw new Error(
    `no Ceph to test with: ${missing.map(([program]) => program).join(', ')} not on PATH. \`npm test\` installs it as root on Debian; ` +
      `otherwise: apt-get install --no-install-recommends ${packages}`,
  );
}
