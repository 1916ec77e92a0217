/** What the emitter of the model wrote: which files there are and were, and what is in them. */
import type { FileRow } from '../../src/sinks/sink';
import { testFile, type TestFile } from '../contract/sink-driver';
import { CONTENTS, type Content } from './contents';
import { pick, pickWeighted, type Random } from './random-choice';

/** One of them more often, so that its generations meet. */
const SOURCE_KEYS = ['x', 'x', 'x', 'y', 'z'];
const GENERATIONS = ['g0', 'g1', 'g2'];
/** Those that are refused whatever happens are the least interesting. */
const WEIGHTED_CONTENTS = CONTENTS.map((content) => [content.refusedAs === null ? 1 : 0.2, content] as const);

interface KnownFile {
  readonly file: TestFile;
  readonly content: Content;
}

export class KnownFiles {
  private readonly everything = new Map<string, KnownFile>();
  private readonly listed = new Map<string, TestFile>();

  constructor(private readonly random: Random) {}

  /** Writes a file, in place of what lay under its name. A generation that comes back is the same file as before. */
  emit(): void {
    const [sourceKey, generation] = [pick(this.random, SOURCE_KEYS), pick(this.random, GENERATIONS)];
    // Sometimes the same is written anew.
    const before = this.random() < 0.2 ? this.listed.get(sourceKey) : undefined;
    const content = before ? this.contentOf(before) : pickWeighted(this.random, WEIGHTED_CONTENTS);
    const file = testFile(sourceKey, content.plans[0]!, generation);
    if (!this.everything.has(file.fileId)) this.everything.set(file.fileId, { file, content });
    this.listed.set(sourceKey, this.fileOf(file).file);
  }

  putBack(file: FileRow): void {
    this.listed.set(file.sourceKey, this.fileOf(file).file);
  }

  /** What a listing shows now. */
  list(): TestFile[] {
    return [...this.listed.values()];
  }

  isListed({ fileId, sourceKey }: FileRow): boolean {
    return this.listed.get(sourceKey)?.fileId === fileId;
  }

  contentOf(file: { readonly fileId: string }): Content {
    return this.fileOf(file).content;
  }

  nameOf(fileId: string): string {
    const { sourceKey, generation } = this.fileOf({ fileId }).file;
    return `${sourceKey}/${generation}`;
  }

  private fileOf({ fileId }: { readonly fileId: string }): KnownFile {
    const known = this.everything.get(fileId);
    if (known === undefined) throw new Error(`the sink has a file that never was: ${fileId}`);
    return known;
  }
}
