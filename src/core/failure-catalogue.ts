/**
 * The catalogue of everything that can go wrong, written once: docs, metrics and log fields use these codes.
 * `quarantine`: the file is set aside with this reason. `retry`: goes away by itself or by an operator, so it is tried again.
 * `refuse`: the request is turned down and nothing was changed. `alert`: nothing is held up, but somebody should look.
 */
import type { FailureEntry } from './failure-entry';

/** How a file that was set aside is counted after all. */
const AGAIN = '`tallyline quarantine release FILE --by NAME --reason TEXT` counts it, while the source has the same generation';

export const failureCatalogue = {
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
  fenced: {
    effect: 'refuse',
    consequence: 'nothing was changed',
    remedy: 'the file was taken up anew since (another version), or is done; nothing to do',
  },
  superseded: {
    effect: 'refuse',
    consequence: 'a later generation of the same file is in the totals instead',
    remedy: 'nothing to do',
  },
  manifest_malformed: {
    effect: 'retry',
    consequence: 'the file beside it waits; of a batch nobody knows which files it lists, so no new file of the source is taken up',
    remedy: 'correct the manifest, or remove it; each scan reads it again',
  },
  file_overdue: {
    effect: 'alert',
    consequence: 'files that were announced, or new ones in general, are not there in time; the others go on',
    remedy:
      'look at `tallyline status`, then at the emitter; what will not come is taken off the list by delivering the manifest again without it',
  },
  not_disposed: {
    effect: 'alert',
    consequence: 'the source file stays where it is, and its content in the totals; it is tried again with later scans',
    remedy: 'look at what is named: permissions of the worker on the source, and on where `source.afterCounting` puts files',
  },
  file_displaced: {
    effect: 'alert',
    consequence:
      'a file that its writer replaced again within an instant lost its name: no scan finds it where it lies now, so that it is not counted',
    remedy: 'look at both, then move it from where it lies, as named above, to a name of its own in the source, if it is to be counted',
  },
  source_unavailable: {
    effect: 'retry',
    consequence: 'its files wait; none is quarantined',
    remedy:
      'check that the directory is mounted and readable by the worker; of a bucket: that its endpoint answers, the credentials are valid, and the clock is right',
  },
  source_unfit: {
    effect: 'retry',
    consequence:
      'nothing is read from it, since bytes of two contents could be mixed or others be counted than were asked for; its files wait',
    remedy: 'use an endpoint that honours Range and If-Match, and nothing in between (a proxy, a cache) that answers for it',
  },
  sink_unavailable: {
    effect: 'retry',
    consequence: 'nothing is applied until it answers; no file is quarantined',
    remedy:
      'check the path of the database, its disk, and who holds its lock; of a server: that a primary answers at its hosts, the role, its password, the certificates',
  },
  commit_unknown: {
    effect: 'retry',
    consequence: 'the change was made as a whole or not at all; it is not known which, and nothing is assumed',
    remedy:
      'do the same again, as Tallyline does by itself: it reads the file rows and the ledger first, and changes nothing that was changed already',
  },
  sink_refused: {
    effect: 'refuse',
    consequence: 'the worker does not start, because totals would not be safe there',
    remedy:
      'put the database on a local disk of this machine, used by this machine only; of a server: change the setting that is named, or take another version',
  },
  config_mismatch: {
    effect: 'retry',
    consequence: 'this worker leaves the file to a newer one',
    remedy: 'restart this worker with the version and the configuration that the pipeline has now',
  },
  scratch_unavailable: {
    effect: 'retry',
    consequence: 'the split is not counted until its keys have room on the disk for temporary files',
    remedy:
      'make room there, or set TMPDIR to a folder with room: about as much as the file for each thread that counts one of so many keys',
  },
  config_invalid: {
    effect: 'refuse',
    consequence: 'nothing was done',
    remedy: 'correct what is named above; `--help` tells what a command takes, `tallyline config check` explains each option',
  },
  pipeline_differs: {
    effect: 'refuse',
    consequence: 'nothing was done, because sums of two meanings would be mixed',
    remedy: 'restore the key, value, scale, unit and period settings of the pipeline, or give it a new name',
  },
  pipeline_stopped: {
    effect: 'retry',
    consequence: 'nothing is applied until it is resumed',
    remedy: 'read the reason with `tallyline status`, repair, then `tallyline resume --by NAME --reason TEXT`',
  },
  checkpoint_unusable: {
    effect: 'retry',
    consequence: 'the split is counted again from its start; nothing is lost',
    remedy: 'nothing to do once; if it repeats, check the disk of the sink',
  },
  record_spans_lines: {
    effect: 'retry',
    consequence: 'the file is counted again from its beginning in one split, which knows where each record begins; nothing is lost',
    remedy: 'nothing to do; an emitter that writes no line end into a quoted field has its files counted in parallel',
  },
  history_pruned: {
    effect: 'refuse',
    consequence: 'no totals were printed',
    remedy:
      'contributions that a later ledger entry needed are pruned, so that totals can be told from that number on, and those of a closed ' +
      'period from its closing on: ask for a later number, or give `--period`; a backup from before has the rest',
  },
  contribution_pruned: {
    effect: 'quarantine',
    consequence: 'what the totals hold of the file stays in them',
    remedy:
      'what the file put into the totals is kept for `retention.contributions` only; restore a backup that still has it beside this ' +
      'database to see what it was, and post the difference by a file of its own',
  },
  unknown_plan: {
    effect: 'refuse',
    consequence: 'nothing was changed',
    remedy: 'give a plan id as `tallyline backfill plan` printed it; a plan is kept for as long as it says',
  },
  plan_too_large: {
    effect: 'refuse',
    consequence: 'nothing was changed: a plan is applied in one transaction',
    remedy: 'choose fewer files, or count new files without a plan by `tallyline backfill run`',
  },
  plan_outdated: {
    effect: 'refuse',
    consequence: 'nothing was changed: what would be done now is not what the plan said',
    remedy: 'make a new plan and look at its difference',
  },
  unknown_file: {
    effect: 'refuse',
    consequence: 'nothing was changed',
    remedy: 'give a sourceKey as `tallyline files` prints it, or a fileId',
  },
  not_allowed: {
    effect: 'refuse',
    consequence: 'nothing was changed',
    remedy: 'the state of the file does not allow this; `tallyline files` shows it',
  },
  input_unreadable: {
    effect: 'refuse',
    consequence: 'no totals were printed',
    remedy: 'check the path, its permissions, and the disk below it',
  },
  output_unwritable: {
    effect: 'refuse',
    consequence: 'not all of it was written',
    remedy: 'check the path, its permissions, and the space on its disk',
  },
  worker_draining: {
    effect: 'retry',
    consequence: 'another worker, or this one after its restart, goes on from the last checkpoint',
    remedy: 'nothing to do',
  },
  not_applied_yet: {
    effect: 'retry',
    consequence: 'the file is counted and waits; nothing is lost',
    remedy: 'if it lasts: see whether a worker with the apply role runs and whether the pipeline is stopped (`tallyline status`)',
  },
  temporal_unavailable: {
    effect: 'retry',
    consequence: 'nothing new starts until it answers; what is counted stays in the sink',
    remedy: 'check the address, the namespace, and that the server runs',
  },
  payload_refused: {
    effect: 'retry',
    consequence: 'the workflow that it belongs to goes no further; nothing in the sink is touched',
    remedy: 'give all workers and clients the same keys file, with every key that workflows were encrypted by; see the guide on Temporal',
  },
  invariant_violated: {
    effect: 'refuse',
    consequence: 'the operation was rolled back',
    remedy: 'this is a defect of Tallyline or a damaged database: run `tallyline verify` and report it',
  },
} as const satisfies Record<string, FailureEntry>;
