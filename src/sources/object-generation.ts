/** The generation of an object as text: `s3:<sizeBytes>:<etag>:<versionId>`. An ETag and a versionId may be any text. */
import { TallylineFailure } from '../core/failures';
import type { ObjectVersion } from '../buckets/bucket';

export type ObjectGeneration = Omit<ObjectVersion, 'key'>;

const FORM = /^s3:(\d{1,16}):([^:]*):([^:]*)$/;

export function objectGeneration({ sizeBytes, etag, versionId }: ObjectGeneration): string {
  return `s3:${String(sizeBytes)}:${escapeColons(etag)}:${escapeColons(versionId)}`;
}

/** Throws invariant_violated for what `objectGeneration` did not write. */
export function parseObjectGeneration(text: string): ObjectGeneration {
  const [, sizeBytes, etag, versionId] = FORM.exec(text) ?? [];
  if (sizeBytes === undefined || etag === undefined || versionId === undefined)
    throw new TallylineFailure('invariant_violated', `"${text}" is not the generation of an object`);
  return { sizeBytes: Number(sizeBytes), etag: unescapeColons(etag), versionId: unescapeColons(versionId) };
}

/** So that the parts are told apart whatever they hold. Those that are usual stay as they are. */
function escapeColons(text: string): string {
  return text.replaceAll('%', '%25').replaceAll(':', '%3A');
}

function unescapeColons(text: string): string {
  return text.replaceAll('%3A', ':').replaceAll('%25', '%');
}
