/** Object keys and the sourceKeys that stand for them. A key may hold what no path may: `..`, `//`, or a slash at either end. */
import { TallylineFailure } from '../core/failures';
import { BUCKET_KEY_BYTES_MAX } from '../core/limits';
import { escapeBytes, unescapeBytes } from '../core/source-key';

export function toObjectSourceKey(key: string): string {
  return escapeBytes(Buffer.from(key, 'utf8'));
}

/** Throws unknown_file for what is malformed, no UTF-8, or no key of any object. */
export function parseObjectSourceKey(sourceKey: string): string {
  const bytes = Buffer.from(unescapeBytes(sourceKey));
  const key = bytes.toString('utf8');
  const isKey = bytes.length > 0 && bytes.length <= BUCKET_KEY_BYTES_MAX && !bytes.includes(0) && Buffer.from(key, 'utf8').equals(bytes);
  if (!isKey) throw new TallylineFailure('unknown_file', `"${sourceKey}" names no object`);
  return key;
}

const SLASHES_ALONE = '_';

/** As globs see it: they know paths, and would never match an empty name between two slashes, so that a file were left out silently. */
export function toGlobPath(sourceKey: string): string {
  if (!sourceKey.startsWith('/') && !sourceKey.endsWith('/') && !sourceKey.includes('//')) return sourceKey;
  return sourceKey.split('/').filter(Boolean).join('/') || SLASHES_ALONE;
}
