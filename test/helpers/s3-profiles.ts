/** Credentials for the S3 client of this process, by the names of profiles. Set before the client first looks for them. */
import { writeFileSync } from 'node:fs';
import type { S3Credentials } from './s3-signature';

export function writeS3Profiles(path: string, profiles: Readonly<Record<string, S3Credentials>>): void {
  const sections = Object.entries(profiles).map(
    ([name, { accessKeyId, secretAccessKey }]) =>
      `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
  writeFileSync(path, sections.join('\n'), { mode: 0o600 });
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = path;
  process.env['AWS_CONFIG_FILE'] = '/dev/null';
}
