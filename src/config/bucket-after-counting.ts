/** Rules over what becomes of counted objects of a bucket. */
import type { z } from 'zod';

import type { sourceSchema } from './source-schema';

/** Agents leave their files alone. */
export type SourceOfFiles = Exclude<z.output<typeof sourceSchema>, { kind: 'agent' }>;
type BucketOfFiles = Extract<SourceOfFiles, { kind: 's3' }>;
type OptionFault = readonly [option: 'action' | 'to', message: string];

const GLOB_OPERATORS = /[*?[\]{}()!+@\\|]/;

/** What is copied must be found by no listing, of this pipeline or another, and no other pipeline may still want what goes. */
export function judgeBucket(source: BucketOfFiles, others: readonly SourceOfFiles[], changedFile: string | undefined): OptionFault[] {
  const { afterCounting, prefix, keysAreUnique } = source;
  const { action = 'keep', to = '' } = afterCounting ?? {};
  const inBucket = others.filter((other) => other.kind === 's3').filter((other) => isSameBucket(source, other));
  const shared = inBucket.find((other) => overlap(other.prefix, prefix));
  if (shared !== undefined)
    return [
      ['action', `cannot be \`${action}\`: another pipeline reads the same keys (${shared.id}), and may not have counted the file yet`],
    ];
  if (action !== 'tag' && !keysAreUnique && changedFile !== 'quarantine') {
    const why = 'an older version of a key, which comes to light when the counted one goes, would be taken for a newer one';
    return [['action', `cannot be \`${action}\` with \`policies.changedFile: ${String(changedFile)}\` unless \`keysAreUnique\`: ${why}`]];
  }
  // Each goes under `to` with its whole key.
  const lister = action === 'move' ? [source, ...inBucket].find((each) => mayList(each, to + prefix)) : undefined;
  if (lister === undefined) return [];
  const where = `is where keys of ${lister.id} are listed, and what lies there would be taken for new`;
  return [
    ['to', `${where}: give a prefix that ${lister.id} leaves out, by its own \`prefix\` or by an \`exclude\` such as \`counted/**\``],
  ];
}

/** Unless the other prefix leaves out all that begins with this one, or one of its globs for a whole folder does. */
function mayList({ prefix, exclude }: BucketOfFiles, beginning: string): boolean {
  if (!overlap(prefix, beginning)) return false;
  const folders = exclude.filter((glob) => glob.endsWith('/**')).map((glob) => glob.slice(0, -'**'.length));
  return !folders.some((folder) => !GLOB_OPERATORS.test(folder) && beginning.startsWith(folder));
}

function isSameBucket(left: BucketOfFiles, right: BucketOfFiles): boolean {
  const place = ({ bucket, endpoint = '' }: BucketOfFiles) => `${endpoint.replace(/\/$/, '')} ${bucket}`;
  return place(left) === place(right);
}

function overlap(left: string, right: string): boolean {
  return left.startsWith(right) || right.startsWith(left);
}
