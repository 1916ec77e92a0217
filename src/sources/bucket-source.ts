/** The objects of a bucket below a prefix as a source. A sourceKey is the whole object key. */
import { BucketFailure, type Bucket, type FoundObject, type ObjectVersion } from '../buckets/bucket';
import { BUCKET_TIMING } from '../buckets/bucket-timing';
import { Patience } from '../buckets/patience';
import type { DisposeAction } from '../core/disposal';
import { TallylineFailure } from '../core/failures';
import { BucketFile } from './bucket-file';
import { BucketProbe } from './bucket-probe';
import { checkObjectDisposal, disposeObject, type ObjectDisposal } from './dispose-object';
import { createObjectFilter, type ObjectFilter } from './object-filter';
import { objectGeneration, parseObjectGeneration } from './object-generation';
import { parseObjectSourceKey, toObjectSourceKey } from './object-key';
import { ObjectsBeside } from './objects-beside';
import { ListingPage } from './listing-page';
import { RangeReader } from './range-reader';
import type {
  ByteRange,
  DisposeRequest,
  DisposeResult,
  FileToOpen,
  ListedFile,
  ListedManifest,
  ListedPage,
  ListOptions,
  OpenFile,
  Source,
} from './source';
import type { BucketSourceOptions } from './source-options';

export class BucketSource implements Source {
  readonly sourceId: string;
  private readonly filter: ObjectFilter;
  private readonly bucketProbe: BucketProbe;

  constructor(
    private readonly options: BucketSourceOptions,
    private readonly bucket: Bucket,
    private readonly timing = BUCKET_TIMING,
  ) {
    this.sourceId = options.sourceId;
    this.filter = createObjectFilter(options);
    this.bucketProbe = new BucketProbe(bucket, options, (error) => this.translate(error));
  }

  probe(): Promise<void> {
    return this.bucketProbe.run();
  }

  /**
   * Everything below the prefix, in the order of keys: what is new is found by comparing all of it, never by a date or an order.
   * The cursor is the last key that was looked at.
   */
  async *list({ pageFiles, pageMs = Infinity, cursor }: ListOptions): AsyncGenerator<ListedPage> {
    let page = new ListingPage(cursor ?? '', pageMs);
    page.begin();
    const { prefix } = this.options;
    const versions = (await this.asked(this.bucket.versioning())) !== 'none';
    let after: string | null = cursor ? parseObjectSourceKey(cursor) : '';
    while (after !== null) {
      const found: Awaited<ReturnType<Bucket['list']>> = await this.asked(this.bucket.list({ prefix, after, versions }));
      page.requests += found.requests;
      const beside = new ObjectsBeside(this.bucket, this.filter, found);
      for (const object of found.objects) {
        await this.offer(page, object, beside);
        if (!page.moveTo(toObjectSourceKey(object.key)) || (page.length < pageFiles && !page.isOverdue())) continue;
        page.requests += beside.takeRequests();
        yield page.toListed();
        page = new ListingPage(page.cursor, pageMs);
        page.begin();
      }
      page.requests += beside.takeRequests();
      after = found.nextAfter;
      if (after === null || !page.moveTo(toObjectSourceKey(after)) || !page.isOverdue()) continue;
      yield page.toListed();
      page = new ListingPage(page.cursor, pageMs);
      page.begin();
    }
    yield page.toListed();
  }

  isManifest(sourceKey: string): boolean {
    const { manifestSuffix } = this.filter;
    const key = parseObjectSourceKey(sourceKey);
    return (manifestSuffix !== undefined && key.endsWith(manifestSuffix)) || this.filter.isBatchManifest(toObjectSourceKey(key));
  }

  async look(sourceKey: string): Promise<ListedFile | null> {
    const key = parseObjectSourceKey(sourceKey);
    const beside = new ObjectsBeside(this.bucket, this.filter, null);
    // What lies beside it first: what is looked at after it is at least as new as what was marked.
    const [marker, manifest] = await this.asked(Promise.all([beside.marker(key), beside.manifest(key)]));
    const object = await this.bucket.head(key).catch(async (error: unknown) => {
      throw await this.explainRefusal(sourceKey, error);
    });
    if (object !== null) return describeFile(object, marker, manifest);
    // A bucket that is gone answers as if only the object were.
    await this.probe();
    return null;
  }

  async open(file: FileToOpen, range?: ByteRange): Promise<OpenFile> {
    const key = parseObjectSourceKey(file.sourceKey);
    const generation = parseObjectGeneration(file.generation);
    if (generation === null) throw await this.explain(file);
    const object: ObjectVersion = { key, ...generation };
    const createPatience = (signal: AbortSignal) => new Patience(signal, this.timing.patienceMs);
    const { startOffset, endOffset } = range ?? { startOffset: 0, endOffset: object.sizeBytes };
    const reader = new RangeReader({ bucket: this.bucket, object, startOffset, endOffset, createPatience });
    const opened = new BucketFile({ bucket: this.bucket, object, reader, explain: (error) => this.explain(file, error) });
    await opened.verify();
    return opened;
  }

  async checkDisposal(action: DisposeAction): Promise<readonly string[]> {
    await checkObjectDisposal(this.disposal, action);
    return [];
  }

  async dispose(file: FileToOpen, action: DisposeAction, request: DisposeRequest): Promise<DisposeResult> {
    const generation = parseObjectGeneration(file.generation);
    const key = parseObjectSourceKey(file.sourceKey);
    if (generation === null) throw new TallylineFailure('not_disposed', `"${file.generation}" is not the generation of an object`);
    await this.probe();
    return await disposeObject(this.disposal, { key, ...generation }, action, request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private get disposal(): ObjectDisposal {
    const { prefix, keysAreUnique } = this.options;
    return { bucket: this.bucket, keysAreUnique, isListed: (key) => key.startsWith(prefix) && this.mayBeRead(key) };
  }

  private mayBeRead(key: string): boolean {
    const sourceKey = toObjectSourceKey(key);
    return this.filter.isWanted(sourceKey) || this.filter.isBatchManifest(sourceKey);
  }

  private async offer(page: ListingPage, object: FoundObject, beside: ObjectsBeside): Promise<void> {
    const sourceKey = toObjectSourceKey(object.key);
    if (this.filter.isBatchManifest(sourceKey)) page.batchManifests.push(describe(object));
    else if (!this.filter.isBeside(object.key) && !isFolder(object) && this.filter.isWanted(sourceKey)) {
      const [marker, manifest] = await this.asked(Promise.all([beside.marker(object.key), beside.manifest(object.key)]));
      page.files.push(describeFile(object, marker, manifest));
    }
  }

  /** The second look: what a file that is not what it was turns out to be. Never a verdict about it while the bucket is not fine. */
  private async explain(file: FileToOpen, error?: unknown): Promise<unknown> {
    if (error instanceof BucketFailure) {
      if (error.fault === 'archived') return this.unreadable(file.sourceKey, error);
      if (error.fault !== 'mismatch' && error.fault !== 'missing') return await this.explainRefusal(file.sourceKey, error);
    } else if (error !== undefined) return error;
    await this.probe();
    const found = await this.look(file.sourceKey);
    const subject = `"${file.sourceKey}" of source "${this.sourceId}"`;
    if (found === null && !(await this.isListed(file.sourceKey))) {
      return new TallylineFailure('vanished', `${subject} is not there any more`, { cause: error });
    }
    if (found === null) return this.unavailable(`is unsteady: ${subject} is listed, and is not there when it is asked for`, error);
    if (found.generation !== file.generation) {
      return new TallylineFailure('changed', `${subject} changed: it is ${found.generation} now, and was ${file.generation}`, {
        cause: error,
      });
    }
    return this.unavailable(`is unsteady: ${subject} was not what it had been, and is again`, error);
  }

  /** Another kind of request, so that one that is answered wrongly by something in between is no verdict by itself. */
  private async isListed(sourceKey: string): Promise<boolean> {
    const key = parseObjectSourceKey(sourceKey);
    const versions = (await this.asked(this.bucket.versioning())) !== 'none';
    const { objects } = await this.asked(this.bucket.list({ prefix: key, after: '', versions }));
    return objects.some((object) => object.key === key);
  }

  /** An answer of "no" to everything is an outage of rights; to one object alone it is about that object. */
  private async explainRefusal(sourceKey: string, error: unknown): Promise<unknown> {
    const isRefusal = error instanceof BucketFailure && (error.fault === 'denied' || error.fault === 'refused');
    if (!isRefusal || !(await this.asked(this.bucketProbe.isAlone(parseObjectSourceKey(sourceKey))))) return this.translate(error);
    return this.unreadable(sourceKey, error);
  }

  private unreadable(sourceKey: string, error: BucketFailure): TallylineFailure {
    const fact = `"${sourceKey}" of source "${this.sourceId}" cannot be read (${error.fact})`;
    return new TallylineFailure('unreadable', fact, { cause: error });
  }

  private async asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      throw this.translate(error);
    }
  }

  private translate(error: unknown): unknown {
    if (!(error instanceof BucketFailure)) return error;
    if (error.fault !== 'unfit') return this.unavailable(`cannot be read: ${error.fact}`, error);
    return new TallylineFailure('source_unfit', `${this.bucket.label} of source "${this.sourceId}": ${error.fact}`, { cause: error });
  }

  private unavailable(what: string, cause: unknown): TallylineFailure {
    return new TallylineFailure('source_unavailable', `${this.bucket.label} of source "${this.sourceId}" ${what}`, { cause });
  }
}

function describe({ key, modifiedAtMs, ...version }: FoundObject): ListedManifest {
  const sourceKey = toObjectSourceKey(key);
  return { sourceKey, generation: objectGeneration(version), sizeBytes: version.sizeBytes, modifiedAtMs: wholeSeconds(modifiedAtMs) };
}

function describeFile(object: FoundObject, marker: FoundObject | null, manifest: FoundObject | null): ListedFile {
  return {
    ...describe(object),
    isMarkedDone: marker !== null && wholeSeconds(marker.modifiedAtMs) >= wholeSeconds(object.modifiedAtMs),
    ...(manifest !== null && { manifest: describe(manifest) }),
  };
}

/** A look at one object tells whole seconds only, and must show what a listing shows. */
function wholeSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** What browsers of buckets put in place of a folder. */
function isFolder({ key, sizeBytes }: FoundObject): boolean {
  return key.endsWith('/') && sizeBytes === 0;
}
