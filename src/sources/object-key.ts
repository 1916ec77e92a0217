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

/** In a path these mean another place, or none. */
const NO_NAMES: readonly string[] = ['', '.', '..'];
const STAND_IN = '_';

/** As globs see it: they know paths, and would never match `..` or an empty name between two slashes, so that a file were left out silently. */
export function toGlobPath(sourceKey: string): string {
  const names = sourceKey.split('/');
  if (!names.some((name) => NO_NAMES.includes(name))) return sourceKey;
  const shown = names.filter((name) => name !== '').map((name) => (NO_NAMES.includes(name) ? STAND_IN : name));
  return shown.join('/') || STAND_IN;
}
