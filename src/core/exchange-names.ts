/**
 * Under which names agents and the intake lay things down for each other. Each name holds what the content belongs to and its digest, so
 * that writing it twice is harmless and reading it can be checked.
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

const OF_FILE = /^(?:plans|partials|checkpoints)\/([0-9a-f]{32})\/(\d{1,10})\//;
const PARTIAL = /^partials\/([0-9a-f]{32})\/(\d{1,10})\/([0-9a-f]{64})\/(\d{1,3})\/([0-9a-f]{64})$/;
const LISTING = /^listings\//;

export function listingName({ pipeline, sourceId }: { readonly pipeline: string; readonly sourceId: string }, digest: string): string {
  return `listings/${pipeline}/${sourceId}/${digest}`;
}

export function planName({ fileId, version, planDigest }: Counted): string {
  return `plans/${fileId}/${String(version)}/${planDigest}`;
}

/** All partials of one plan lie below it. */
export function partialsPrefix({ fileId, version, planDigest }: Counted): string {
  return `partials/${fileId}/${String(version)}/${planDigest}/`;
}

export function partialName(split: SplitName): string {
  return `${partialsPrefix(split)}${String(split.splitIndex)}/${split.digest}`;
}

export function checkpointName({ fileId, version, planDigest, splitIndex, digest }: SplitName): string {
  return `checkpoints/${fileId}/${String(version)}/${planDigest}/${String(splitIndex)}/${digest}`;
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
