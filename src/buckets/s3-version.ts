/** ETags and version ids as S3 writes them, and as the port does. */
import type { ObjectVersion } from './bucket';

/** The version that an object had before its bucket had versioning. */
const NULL_VERSION = 'null';

/** Some answers have quotes around it and others not. */
export function toEtag(text: string | undefined): string {
  return (text ?? '').replace(/^"|"$/g, '');
}

export function toVersionId(text: string | undefined): string {
  return text === undefined || text === NULL_VERSION ? '' : text;
}

export function versionParameter({ versionId }: Pick<ObjectVersion, 'versionId'>): { VersionId?: string } {
  return versionId === '' ? {} : { VersionId: versionId };
}
