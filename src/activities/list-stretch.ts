import { Context } from '@temporalio/activity';
import { LIST_PAGE_FILES, LIST_PAGE_MS_MAX, LIST_STRETCH_FILES_MAX, LIST_STRETCH_MS_MAX } from '../core/limits';
import type { ListedPage, Source } from '../sources/source';

/** Hands out pages for a bounded time. Answers where the next stretch goes on, or null when the listing is complete. */
export async function listStretch(
  source: Source,
  { cursor, now }: { readonly cursor: string | null; readonly now: () => number },
  onPage: (page: ListedPage) => Promise<void>,
): Promise<string | null> {
  const { cancellationSignal } = Context.current();
  const endsAtMs = now() + LIST_STRETCH_MS_MAX;
  let listed = 0;
  await source.probe();
  for await (const page of source.list({ pageFiles: LIST_PAGE_FILES, pageMs: LIST_PAGE_MS_MAX, cursor: cursor ?? undefined })) {
    cancellationSignal.throwIfAborted();
    await onPage(page);
    listed += page.files.length;
    // The last page may be no further than the one before: the next stretch, as slow as this one, would end there again, and so on.
    const isFurther = page.cursor !== (cursor ?? '');
    if (isFurther && (listed >= LIST_STRETCH_FILES_MAX || now() >= endsAtMs)) return page.cursor;
  }
  return null;
}
