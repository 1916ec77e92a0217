/** What becomes of files that were counted: options of a source of any kind. Cross-checks say which have no meaning for one. */
import { z } from 'zod';

import { TAGS_OF_A_FILE_MAX } from '../core/limits';
import { choice, duration, text } from './option-values';

const DAY_MS = 86_400_000;
const TAG_NAME = /^[\p{L}\p{N} +\-=._:/@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{N} +\-=._:/@]{0,256}$/u;

export const afterCountingSchema = z.strictObject({
  action: choice(
    ['keep', 'move', 'tag', 'delete'],
    'What becomes of a file once the totals hold it. The content may then be nowhere but there: read docs/guides/after-counting.md first.',
  ).prefault('keep'),
  after: duration(
    0,
    36_500 * DAY_MS,
    'How long after it was put into the totals. Longer than the oldest backup of the sink that may be restored; shorter than `retention.contributions`.',
  ).prefault('7d'),
  to: text(
    /^[^\0]{1,1000}$/,
    'a path; in a bucket a prefix of keys',
    'Where `move` puts files, each under its path or key. For `delete` of a directory: where files lie for an instant, `.tallyline-trash` below the root unless given. Never where files are listed. A path is relative to this configuration file.',
  ).optional(),
  tags: z
    .record(z.string().regex(TAG_NAME), z.string().regex(TAG_VALUE))
    .refine((tags) => Object.keys(tags).length > 0 && Object.keys(tags).length <= TAGS_OF_A_FILE_MAX)
    .meta({
      allowed: `1 to ${String(TAGS_OF_A_FILE_MAX)} names with values, as S3 allows them`,
      description: 'What `tag` sets on an object, beside the tags that it has.',
    })
    .optional(),
});
