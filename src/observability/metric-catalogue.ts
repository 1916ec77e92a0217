/**
 * Every metric of Tallyline, written once: docs/reference/metrics.md and the registry come from it. Base units (seconds, bytes).
 * Every label takes its values from a short list or from the configured pipelines, so that the number of series is bounded.
 */
import { DISPOSE_KINDS, DISPOSE_OUTCOMES } from '../core/disposal';
import { FAILURES, isQuarantineReason } from '../core/failures';
import type { FailureCode } from '../core/failures';
import { FILE_STATES } from '../core/file-row';

export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of the value: `1` for a plain number. */
  readonly unit: 'seconds' | 'bytes' | '1';
  /** The values of each label; `pipelines` stands for the names of the configured ones. */
  readonly labels: Readonly<Record<string, readonly string[] | 'pipelines' | 'open'>>;
  readonly help: string;
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

const pipeline = 'pipelines';
const quarantineReasons = Object.keys(FAILURES).filter(isQuarantineReason);
/** States that are no end yet, reasons of what was set aside, and lines that were rejected. */
export const LEFT_OUT_REASONS = ['unsettled', 'seen', 'counting', 'counted', 'out', 'rejected_lines', ...quarantineReasons] as const;
const failureCodes = Object.keys(FAILURES) as FailureCode[];
const durationBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

const catalogue = {
  tallyline_files_total: counter('Files that reached an end.', {
    pipeline,
    outcome: ['in', 'alias', 'superseded', 'quarantined'],
  }),
  tallyline_quarantined_files_total: counter('Files set aside, by reason.', { pipeline, reason: quarantineReasons }),
  tallyline_files_disposed_total: counter('Source files that were to be disposed of after they were counted, as often as it was tried.', {
    pipeline,
    action: DISPOSE_KINDS,
    outcome: [...DISPOSE_OUTCOMES, 'failed'],
  }),
  tallyline_read_bytes_total: counter('Bytes of sources that were read, those read again included.', { pipeline }, 'bytes'),
  tallyline_lines_total: counter('Lines of splits that were counted to their end.', { pipeline, outcome: ['record', 'reject', 'blank'] }),
  tallyline_split_seconds: histogram('Time that one attempt took to count a split.', { pipeline }, 'seconds', durationBuckets),
  tallyline_apply_seconds: histogram('Time of one apply transaction.', { pipeline }, 'seconds', durationBuckets),
  tallyline_apply_batch_files: histogram('Files of one apply transaction.', { pipeline }, '1', [1, 2, 5, 10, 20, 50, 100, 200, 500]),
  tallyline_checkpoints_total: counter('Checkpoints stored.', { pipeline }),
  tallyline_resumes_total: counter('Splits continued from a checkpoint.', { pipeline }),
  tallyline_fenced_total: counter('Late writes of runs that no longer spoke for their file: no-ops.', { pipeline }),
  tallyline_agent_away_total: counter('Times that work waited for an agent longer than its `awayAfter`.', { pipeline }),
  tallyline_list_requests_total: counter('Requests to object storage that listing cost, by scans and backfills.', { pipeline }),
  tallyline_scans_total: counter('Scans that ended.', { pipeline, outcome: ['complete', 'incomplete'] }),
  tallyline_last_complete_scan_timestamp_seconds: gauge(
    'When the last complete scan ended, in Unix time; before the first that this process saw, when the process started.',
    { pipeline },
    'seconds',
  ),
  tallyline_scan_interval_seconds: gauge(
    'The longest time from one scan to the next, by the schedule that is configured.',
    { pipeline },
    'seconds',
  ),
  tallyline_scan_start_delay_seconds: histogram(
    'Time from when a scan was due to its start.',
    { pipeline },
    'seconds',
    [0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 900, 3600],
  ),
  tallyline_fresh_files_total: counter(
    'Files that came into the totals, by the time since their first sight: within 15 minutes and one more for each GiB (`target`), four times as long, or later.',
    { pipeline, within: ['target', 'four_targets', 'late'] },
  ),
  tallyline_left_out_bytes: gauge(
    'Bytes of files seen that are not in the totals, by state or reason.',
    { pipeline, reason: LEFT_OUT_REASONS },
    'bytes',
  ),
  tallyline_left_out_files: gauge('Files seen that are not in the totals, by state or reason.', { pipeline, reason: LEFT_OUT_REASONS }),
  tallyline_left_out_lines: gauge('Lines counted that are not in the totals, by state or reason.', { pipeline, reason: LEFT_OUT_REASONS }),
  tallyline_left_out_oldest_timestamp_seconds: gauge(
    'First sight of the oldest file that is not in the totals, in Unix time; 0 where there is none.',
    { pipeline, reason: LEFT_OUT_REASONS },
    'seconds',
  ),
  tallyline_verify_mismatches: gauge('What the last verification found wrong.', { pipeline }),
  tallyline_last_verify_timestamp_seconds: gauge(
    'When the last verification ended, in Unix time; before the first that this process saw, when the process started.',
    { pipeline },
    'seconds',
  ),
  tallyline_verify_interval_seconds: gauge('The configured time from one verification to the next.', { pipeline }, 'seconds'),
  tallyline_sink_up: gauge('1 if the sink answered the last look at this pipeline, else 0.', { pipeline }),
  tallyline_pipeline_stopped: gauge('1 if the pipeline is stopped, else 0.', { pipeline }),
  tallyline_disk_free_bytes: gauge(
    'Bytes that are free on the disk of this place: the database of an embedded sink, or temporary files.',
    { place: ['sink', 'temporary'] },
    'bytes',
  ),
  tallyline_disk_size_bytes: gauge('Size of the disk of this place.', { place: ['sink', 'temporary'] }, 'bytes'),
  tallyline_counting_threads: gauge('Counting threads of this process.', { state: ['busy', 'idle'] }),
  tallyline_waiting_splits: gauge('Splits that this process has taken and that wait for a counting thread.', {}),
  tallyline_files: gauge('File rows of the sink, by state.', { pipeline, state: FILE_STATES }),
  tallyline_unsettled_files: gauge('Files seen that are not settled yet.', { pipeline }),
  tallyline_expected_files_overdue: gauge(
    'Files that manifests list and that did not come within `expect.within`, and one more for each source without a new file for `expect.every`.',
    { pipeline },
  ),
  tallyline_malformed_manifests: gauge('Manifests that cannot be read and hold up files; at most 20 are counted.', { pipeline }),
  tallyline_late_control_mismatches_total: counter('Files in the totals that are not what a manifest says which came later.', { pipeline }),
  tallyline_errors_total: counter('Failures that left an activity, by code of the catalogue of failures; unforeseen: any other.', {
    code: [...failureCodes, 'unforeseen'],
  }),
  tallyline_temporal_metrics_up: gauge("1 if the metrics of Temporal's core are on this scrape, else 0.", {}),
  tallyline_build_info: gauge('Always 1; the labels say what runs.', { version: 'open', node: 'open' }),
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof catalogue;
type NameOfType<Type> = { [Name in MetricName]: (typeof catalogue)[Name]['type'] extends Type ? Name : never }[MetricName];
export type CounterName = NameOfType<'counter'>;
export type GaugeName = NameOfType<'gauge'>;
export type HistogramName = NameOfType<'histogram'>;
/** The labels of one metric, each with one of its values. */
export type MetricLabels<Name extends MetricName> = {
  readonly [Label in keyof (typeof catalogue)[Name]['labels']]: (typeof catalogue)[Name]['labels'][Label] extends readonly (infer Value)[]
    ? Value
    : string;
};

export const METRICS: Readonly<Record<MetricName, MetricEntry>> = catalogue;

type Labels = MetricEntry['labels'];

function counter<const Given extends Labels>(help: string, labels: Given, unit: 'bytes' | '1' = '1') {
  return { type: 'counter', unit, labels, help } as const;
}

function gauge<const Given extends Labels>(help: string, labels: Given, unit: 'seconds' | 'bytes' | '1' = '1') {
  return { type: 'gauge', unit, labels, help } as const;
}

function histogram<const Given extends Labels>(help: string, labels: Given, unit: 'seconds' | '1', buckets: readonly number[]) {
  return { type: 'histogram', unit, labels, help, buckets } as const;
}
