/** The sourceKey as search attribute and summary show it: cut to its limit, with a digest so that two long keys stay apart. */
import { FILE_LABEL_BYTES_MAX } from '../core/limits';
import { sha256Hex } from '../kernel/digest';

const DIGEST_CHARACTERS = 16;

export function fileLabel(sourceKey: string): string {
  if (Buffer.byteLength(sourceKey) <= FILE_LABEL_BYTES_MAX) return sourceKey;
  let cut = '';
  let bytes = 0;
  for (const character of sourceKey) {
    bytes += Buffer.byteLength(character);
    if (bytes > FILE_LABEL_BYTES_MAX) break;
    cut += character;
  }
  return `${cut}…${sha256Hex(sourceKey).slice(0, DIGEST_CHARACTERS)}`;
}
