/** What tells two contents under one object key apart: size, ETag and, where the bucket has versioning, the version. */
import type { ObjectVersion } from '../buckets/bucket';

const GENERATION = /^s3:(\d{1,16}):([^:]*):([^:]*)$/;

export function objectGeneration({ sizeBytes, etag, versionId }: Omit<ObjectVersion, 'key'>): string {
  return `s3:${String(sizeBytes)}:${encodeURIComponent(etag)}:${encodeURIComponent(versionId)}`;
}

/** Null for the generation of something that is no object. */
export function parseObjectGeneration(generation: string): Omit<ObjectVersion, 'key'> | null {
  const [, sizeBytes, etag, versionId] = GENERATION.exec(generation) ?? [];
  if (sizeBytes === undefined || etag === undefined || versionId === undefined) return null;
  return { sizeBytes: Number(sizeBytes), etag: decodeURIComponent(etag), versionId: decodeURIComponent(versionId) };
}
