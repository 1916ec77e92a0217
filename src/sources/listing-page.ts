/** What a listing gathers between two pages. */
import { SOURCE_KEY_BYTES_MAX } from '../core/limits';
import type { ListedFile, ListedManifest, ListedPage } from './source';

export class ListingPage {
  readonly files: ListedFile[] = [];
  readonly batchManifests: ListedManifest[] = [];
  problem: string | null = null;
  requests = 0;
  private endsAtMs: number | undefined;

  constructor(
    public cursor: string,
    private readonly pageMs: number,
  ) {}

  /** Its time begins with what it finds first, so that reading the names of a huge directory leaves time for its files. */
  begin(): void {
    this.endsAtMs ??= performance.now() + this.pageMs;
  }

  /** A page ends only where its cursor is short enough to travel; longer keys are few, and set aside. */
  moveTo(sourceKey: string): boolean {
    if (Buffer.byteLength(sourceKey) > SOURCE_KEY_BYTES_MAX) return false;
    this.cursor = sourceKey;
    return true;
  }

  get length(): number {
    return this.files.length + this.batchManifests.length;
  }

  isOverdue(): boolean {
    return this.endsAtMs !== undefined && performance.now() >= this.endsAtMs;
  }

  toListed(): ListedPage {
    const { files, batchManifests, cursor, problem, requests } = this;
    return { files, batchManifests, cursor, problem, requests };
  }
}
