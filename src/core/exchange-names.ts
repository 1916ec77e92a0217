/**
 * Under which names agents and the intake lay things down for each other. All of a source begins with its id, so that a host can be confined to
 * its own; each has what it belongs to and its digest, so that writing it twice is harmless and reading it can be checked.
 */
export interface SplitName {
  readonly fileId: string;
  readonly version: number;
  readonly planDigest: string;
  readonly splitIndex: number;
  /** sha256 of the content, hex. */
  readonly digest: string;
}

type Counted = Pick<SplitName, 'fileId' | 'version' | 'planDigest'>;

const OF_FILE = /^[a-z0-9-]{1,63}\/(?:plans|partials|checkpoints)\/([0-9a-f]{32})\/(\d{1,10})\//;
const PARTIAL = /^[a-z0-9-]{1,63}\/partials\/([0-9a-f]{32})\/(\d{1,10})\/([0-9a-f]{64})\/(\d{1,3})\/([0-9a-f]{64})$/;
const LISTING = /^[a-z0-9-]{1,63}\/listings\//;

/** Each page has a name of its own, also where nothing changed since: one that is laid down is never one that is being removed. */
export function listingName({ pipeline, sourceId }: { readonly pipeline: string; readonly sourceId: string }, page: string): string {
  return `${sourceId}/listings/${pipeline}/${page}`;
}

export function planName(sourceId: string, { fileId, version, planDigest }: Counted): string {
  return `${sourceId}/plans/${fileId}/${String(version)}/${planDigest}`;
}

/** All partials of one plan lie below it. */
export function partialsPrefix(sourceId: string, { fileId, version, planDigest }: Counted): string {
  return `${sourceId}/partials/${fileId}/${String(version)}/${planDigest}/`;
}

export function partialName(sourceId: string, split: SplitName): string {
  return `${partialsPrefix(sourceId, split)}${String(split.splitIndex)}/${split.digest}`;
}

export function checkpointName(sourceId: string, { fileId, version, planDigest, splitIndex, digest }: SplitName): string {
  return `${sourceId}/checkpoints/${fileId}/${String(version)}/${planDigest}/${String(splitIndex)}/${digest}`;
}

/** Null for what somebody else put there. */
export function parsePartialName(name: string): SplitName | null {
  const [, fileId, version, planDigest, splitIndex, digest] = PARTIAL.exec(name) ?? [];
  if (fileId === undefined || planDigest === undefined || digest === undefined) return null;
  return { fileId, version: Number(version), planDigest, splitIndex: Number(splitIndex), digest };
}

/** To what a name belongs; null for what somebody else put there, which is left alone. */
export function ownerOf(name: string): { readonly fileId: string; readonly version: number } | 'listing' | null {
  if (LISTING.test(name)) return 'listing';
  const [, fileId, version] = OF_FILE.exec(name) ?? [];
  return fileId === undefined ? null : { fileId, version: Number(version) };
}
