/** Which files are decompressed while they are counted, and how far. */
import { TallylineFailure } from './failures';
import { PLAIN_BYTES_MAX, PLAIN_RATIO_FLOOR_BYTES, PLAIN_RATIO_MAX } from './limits';

/** What a pipeline says. `auto`: files whose sourceKey ends with `.gz`. */
export interface CompressionRule {
  readonly mode: 'auto' | 'none';
  /** Most bytes that one file may have once it is decompressed. */
  readonly plainBytesMax: number;
  /** Most plain bytes for each stored one, beyond PLAIN_RATIO_FLOOR_BYTES. */
  readonly plainRatioMax: number;
}

/** What it comes to for one file. Plain data, in the file's plan. */
export interface Compression {
  readonly kind: 'gzip';
  /** With more the file is set aside. */
  readonly plainBytesMax: number;
}

export const DEFAULT_COMPRESSION: CompressionRule = { mode: 'auto', plainBytesMax: PLAIN_BYTES_MAX, plainRatioMax: PLAIN_RATIO_MAX };

const GZIP_SUFFIX = '.gz';

/** Null: the stored bytes are the text. Throws compressed_damaged for a file of nothing, which is no stream. */
export function resolveCompression(rule: CompressionRule, sourceKey: string, sizeBytes: number): Compression | null {
  if (rule.mode === 'none' || !sourceKey.endsWith(GZIP_SUFFIX)) return null;
  if (sizeBytes === 0) throw new TallylineFailure('compressed_damaged', 'the file is empty, and the smallest gzip file has 20 bytes');
  return { kind: 'gzip', plainBytesMax: plainBytesMax(rule, sizeBytes) };
}

/** Most plain bytes of a file of this size. */
export function plainBytesMax({ plainBytesMax: most, plainRatioMax }: CompressionRule, sizeBytes: number): number {
  return Math.min(most, Math.max(PLAIN_RATIO_FLOOR_BYTES, plainRatioMax * sizeBytes));
}
