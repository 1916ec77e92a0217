/** Why a file is set aside while it is listed, counted or applied; a part of the catalogue of failures. */
import type { FailureEntry } from './failure-entry';

/** How a file that was set aside is counted after all. */
const AGAIN = '`tallyline quarantine release FILE --by NAME --reason TEXT` counts it, while the source has the same generation';

export const fileFailures = {
  changed: {
    effect: 'quarantine',
    consequence: 'nothing of this generation is in the totals',
    remedy:
      'make the emitter finish a file before it appears (write elsewhere, then rename); the new generation is taken up by the next scan',
  },
  vanished: {
    effect: 'quarantine',
    consequence: 'the file is not in the totals',
    remedy: 'put the file back under the same name; it is taken up as a new generation',
  },
  unreadable: {
    effect: 'quarantine',
    consequence: 'the file is not in the totals',
    remedy: `check its permissions and the disk below it, then ${AGAIN}`,
  },
  worker_lost: {
    effect: 'quarantine',
    consequence: 'the file is not in the totals',
    remedy: `look for workers killed while they counted it (memory limits, restarts), then ${AGAIN}`,
  },
  partial_missing: {
    effect: 'quarantine',
    consequence: 'the file is not in the totals',
    remedy: `the sink lost the partials of this file three times: check the disk of the sink, then ${AGAIN}`,
  },
  digest_conflict: {
    effect: 'quarantine',
    consequence: 'the file is not in the totals',
    remedy:
      'two attempts counted different contents: the source or the counter is not deterministic; put a stable copy in its place, which is a new generation',
  },
  reject_budget: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals',
    remedy: `look at \`tallyline rejects FILE\`; correct the format or the rejects budget, then ${AGAIN}; with \`--accept-rejects\` whatever is rejected`,
  },
  unterminated_last_line: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals',
    remedy: `the last line has no line feed and may be cut: complete the file; or ${AGAIN} with \`--accept-unterminated\``,
  },
  sum_overflow: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals',
    remedy: 'the sum of one key leaves 64 bits: check the values and the scale',
  },
  total_overflow: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals',
    remedy: 'with this file the total of one key would leave 64 bits: use periods, or check the values and the scale',
  },
  new_generation: {
    effect: 'quarantine',
    consequence: 'the earlier generation stays as it is in the totals; this one is not counted',
    remedy:
      '`tallyline supersede FILE` takes the earlier out in the same step; `tallyline quarantine release FILE --count-new` counts both',
  },
  duplicate_content: {
    effect: 'quarantine',
    consequence: 'the same bytes are in the totals already (or were taken out of them); this copy is not counted',
    remedy: 'if it really is a second delivery, `tallyline quarantine release FILE --count-duplicate` counts it',
  },
  generation_returned: {
    effect: 'quarantine',
    consequence: 'a generation that had been superseded is the current one again; the totals hold its successor',
    remedy: 'find out who restored the file; if the old content is right, touch it: changedFile decides about the new generation',
  },
  path_too_long: {
    effect: 'quarantine',
    consequence: 'the file is not counted',
    remedy: 'its path below the root has more than 1,024 bytes: shorten it',
  },
  compressed_damaged: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals, also none of its intact parts',
    remedy:
      'see what `gzip -t` says of it and deliver it again, which is a new generation; zeros and anything else after the last member have to go; ' +
      `a file that only has such a name needs \`compression: none\` in the format, then ${AGAIN}`,
  },
  compressed_too_large: {
    effect: 'quarantine',
    consequence: 'the file was read no further, and no record of it is in the totals',
    remedy: `find out what it is; if it is right, raise \`maxPlainBytes\` or \`maxPlainRatio\` of the format, then ${AGAIN}`,
  },
  header_unknown: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals',
    remedy:
      'deliver it again with the columns that the format of the pipeline names, each once; where the format is wrong, correct its `key` and ' +
      `\`value\` (a pipeline that has counted files needs a new name for that), then ${AGAIN}`,
  },
  period_unknown: {
    effect: 'quarantine',
    consequence: 'the file is not counted',
    remedy: 'its name holds no date for the pattern of `period`: rename it; or correct the pattern, then touch it',
  },
  too_many_periods: {
    effect: 'quarantine',
    consequence: 'no record of the file is in the totals',
    remedy:
      'look at the first and the last period in `tallyline receipt FILE`: timestamps are mostly wrong then. If they are right, deliver its records in ' +
      'several files of fewer periods each, or in a pipeline of longer ones',
  },
  control_mismatch: {
    effect: 'quarantine',
    consequence:
      'the file is not what its manifest says, and no record of it is in the totals; what was in before the manifest came stays in, with a note in the ledger',
    remedy: `find out which of the two is wrong. Correct the manifest, then \`tallyline quarantine release FILE\`; or deliver a corrected file`,
  },
  cancelled: {
    effect: 'quarantine',
    consequence: 'the file is not in the totals',
    remedy: `somebody cancelled its workflow; to count it, ${AGAIN}`,
  },
} as const satisfies Record<string, FailureEntry>;
