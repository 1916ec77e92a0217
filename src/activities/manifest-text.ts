import { TallylineFailure } from '../core/failures';
import { MANIFEST_BYTES_MAX } from '../core/limits';
import type { ListedManifest, Source } from '../sources/source';

/** The whole text of one generation. Throws manifest_malformed for one that is too large or no UTF-8, and what the source throws. */
export async function readManifestText(source: Source, manifest: ListedManifest): Promise<string> {
  const { sourceKey, sizeBytes } = manifest;
  if (sizeBytes > MANIFEST_BYTES_MAX)
    throw new TallylineFailure(
      'manifest_malformed',
      `manifest ${sourceKey} has ${sizeBytes} bytes; at most ${MANIFEST_BYTES_MAX} are read`,
    );
  const bytes = new Uint8Array(sizeBytes);
  const opened = await source.open(manifest);
  try {
    for (let offset = 0; offset < sizeBytes;) offset += await opened.read(offset, bytes.subarray(offset));
    await opened.verify();
  } finally {
    await opened.close();
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TallylineFailure('manifest_malformed', `manifest ${sourceKey} is no UTF-8`, { cause: error });
  }
}
