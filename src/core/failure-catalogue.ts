/**
 * The catalogue of everything that can go wrong, written once: docs, metrics and log fields use these codes.
 * `quarantine`: the file is set aside with this reason. `retry`: goes away by itself or by an operator, so it is tried again.
 * `refuse`: the request is turned down and nothing was changed. `alert`: nothing is held up, but somebody should look.
 */
import type { FailureEntry } from './failure-entry';
import { fileFailures } from './file-failures';

export const failureCatalogue = {
  ...fileFailures,
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
  exchange_unavailable: {
    effect: 'retry',
    consequence: 'agents list and count nothing, and nothing of theirs is taken in, until it answers; no file is quarantined',
    remedy: 'check the bucket of `exchange`: that its endpoint answers, the credentials are valid on this host, and the clock is right',
  },
  exchange_lost: {
    effect: 'refuse',
    consequence: 'nothing is registered or counted by it; the next scan begins anew with what it was about',
    remedy:
      'nothing to do once; if it repeats: agents and workers have different buckets or prefixes in `exchange`, or something else removes objects there',
  },
  agent_away: {
    effect: 'retry',
    consequence: 'its files wait; none is set aside, and the files of other agents go on',
    remedy: 'start `tallyline agent` on the host that has the volume of this source, or look why it does not reach Temporal',
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
