/**
 * File names as byte strings: JavaScript strings whose code units are the bytes of the name ('latin1').
 * They keep any name, take one byte a character, and `<` orders them by bytes.
 */
import { TallylineFailure } from '../core/failures';
import { escapeBytes, unescapeBytes } from '../core/source-key';

const SLASH = '/';

export function toBytes(byteString: string): Buffer {
  return Buffer.from(byteString, 'latin1');
}

export function toByteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Joins two paths; an empty `parent` is the root itself. */
export function joinPath(parent: string, name: string): string {
  return parent === '' ? name : parent.endsWith(SLASH) ? parent + name : parent + SLASH + name;
}

export function toSourceKey(relativePath: string): string {
  return escapeBytes(toBytes(relativePath));
}

/**
 * The relative path that a sourceKey names, as a byte string.
 * Throws unknown_file for one that is malformed, absolute, or has an empty, `.` or `..` component.
 */
export function parseSourceKey(sourceKey: string): string {
  const relativePath = toByteString(unescapeBytes(sourceKey));
  const isPlain = relativePath.split(SLASH).every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0'));
  if (!isPlain) throw new TallylineFailure('unknown_file', `"${sourceKey}" does not name a file below the root of a source`);
  return relativePath;
}

export function parentOf(relativePath: string): string {
  return relativePath.slice(0, Math.max(0, relativePath.lastIndexOf(SLASH)));
}

/** Compares two paths component by component, each by bytes: the order of a depth-first walk over sorted names. */
export function comparePaths(left: string, right: string): number {
  const leftNames = left.split(SLASH);
  const rightNames = right.split(SLASH);
  for (let index = 0; index < Math.min(leftNames.length, rightNames.length); index++) {
    const leftName = leftNames[index] ?? '';
    const rightName = rightNames[index] ?? '';
    if (leftName !== rightName) return leftName < rightName ? -1 : 1;
  }
  return leftNames.length - rightNames.length;
}
