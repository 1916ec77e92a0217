/** Where the source file is that was counted, for who corrects it or looks at it. */
import { describeDisposal } from '../core/disposal';
import type { FileRow, Sink } from '../sinks/sink';
import type { Disposal } from '../sinks/sink-disposals';

/** Null: nothing was done to it. */
export async function disposalOf(sink: Sink, { fileId }: Pick<FileRow, 'fileId'>): Promise<Disposal | null> {
  return (await sink.readDisposals({ fileIds: [fileId] }))[0] ?? null;
}

/** As a sentence about the file, or '' where nothing was done to it. */
export function tellDisposal(sourceKey: string, disposal: Disposal | null): string {
  if (disposal === null) return '';
  const at = new Date(disposal.endedMs ?? disposal.begunMs).toISOString();
  return `after it was counted, ${sourceKey} was ${describeDisposal(disposal)} (${at})`;
}
