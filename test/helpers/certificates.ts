/** Self-made certificates, by openssl. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/**
 * `name` as a subject alternative name takes it, such as `IP:127.0.0.1` or `DNS:localhost`. It signs itself. Some (rustls) take no authority
 * for a server.
 */
export function makeCertificate(name: string, { isAuthority = true } = {}): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-certificate-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const what = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=test'];
    const args = [
      'req',
      '-x509',
      ...what,
      '-addext',
      `subjectAltName=${name}`,
      ...(isAuthority ? [] : ['-addext', 'basicConstraints=critical,CA:FALSE']),
      '-keyout',
      key,
      '-out',
      certificate,
    ];
    execFileSync('openssl', args, { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
