/** The options of a source: a directory or a bucket. */
import { z } from 'zod';

import { afterCountingSchema } from './after-counting-schema';
import { bucketShape } from './bucket-schema';
import { judgeInclude } from './include-glob';
import { duration, globs, globText, path, text } from './option-values';

export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const NAME_ALLOWED = 'lower-case letters, digits and `-`, at most 63, not starting with `-`';
const SUFFIX = /^[^/\0]{1,100}$/;
const DAY_MS = 86_400_000;
const KIND = {
  allowed: '`directory`, `s3`, `agent`',
  description:
    'The kind of source: a directory, a bucket of AWS, Ceph, MinIO and the like, or directories of other hosts, read by `tallyline agent` there.',
};
const QUIET_PERIOD = 'A file is settled once it was left alone for this long.';

const manifestSchema = z.strictObject({
  suffix: text(
    SUFFIX,
    'a suffix without `/`',
    'The manifest of file X is named X plus this suffix, lies beside it, and says what X holds.',
  ).optional(),
  batch: globText('Manifests that list files with what they hold: a glob over their path below the root.', judgeInclude).optional(),
  required: z
    .boolean()
    .meta({ allowed: '`true`, `false`', description: 'Whether a file waits, unsettled, until a manifest says what it holds.' })
    .prefault(false),
});

const id = text(NAME, NAME_ALLOWED, 'The permanent name of the source. Changing it makes every file a new one.');

const filter = {
  include: globs(
    1,
    'Which files to take: globs over their path below the root, or the object key. File names that start with a dot need a glob that does; directories that do are never entered.',
    judgeInclude,
  ).prefault(['**/*']),
  exclude: globs(0, 'Which of these to leave out. `name/**` also keeps the walk out of that directory.').prefault([]),
  doneMarker: text(
    SUFFIX,
    'a suffix without `/`',
    'With it, file X counts as finished only when a file named X plus this suffix lies beside it.',
  ).optional(),
};

const chosen = {
  id,
  ...filter,
  manifest: manifestSchema.optional(),
  afterCounting: afterCountingSchema.optional(),
};

const PATH_BELOW_ROOT = /^(?!(?:.*\/)?\.{0,2}(?:\/|$))[^\0]{1,1000}$/;

const rootMarker = text(
  PATH_BELOW_ROOT,
  'a path below the root',
  'A file that exists below the right root. Set it where the root is a mount point: without the file nothing is judged to be gone.',
).optional();

const directorySchema = z.strictObject({
  kind: z.literal('directory').meta(KIND),
  ...chosen,
  root: path('The directory below which the files lie. Relative to this configuration file.'),
  quietPeriod: duration(0, 7 * DAY_MS, QUIET_PERIOD).prefault('10s'),
  rootMarker,
});

/** What the directory of an agent has not: an id, which lies on its volume; manifests and disposals, which need files where the database is. */
const agentSchema = z.strictObject({
  kind: z.literal('agent').meta(KIND),
  ...filter,
  root: path('The directory below which the files lie, on the host of the agent. Relative to this configuration file.'),
  quietPeriod: duration(0, 7 * DAY_MS, QUIET_PERIOD).prefault('10s'),
  rootMarker,
  idFile: text(
    PATH_BELOW_ROOT,
    'a path below the root',
    'The file that holds the permanent name of the source. The agent writes it where there is none.',
  ).prefault('.tallyline-source-id'),
  awayAfter: duration(1000, DAY_MS, 'An agent that takes no work for this long is told to be away.').prefault('5m'),
});

const bucketSchema = z.strictObject({
  kind: z.literal('s3').meta(KIND),
  ...chosen,
  ...bucketShape('The bucket that holds the files.'),
  prefix: text(/^[^\0]{0,1000}$/, 'the beginning of keys', 'Only objects whose key begins with it are listed.').prefault(''),
  quietPeriod: duration(0, 7 * DAY_MS, QUIET_PERIOD).prefault('0s'),
  rootMarker: text(
    /^[^\0]{1,1000}$/,
    'an object key',
    'An object that exists in the right bucket: without it nothing is judged to be gone.',
  ).optional(),
  keysAreUnique: z
    .boolean()
    .meta({
      allowed: '`true`, `false`',
      description:
        'Whether writers promise never to use a key twice. Then counted files can be disposed of in a bucket without versioning, too.',
    })
    .prefault(false),
});

export const sourceSchema = z.discriminatedUnion('kind', [directorySchema, bucketSchema, agentSchema]);
