/**
 * Grafana's dashboards, written once: what each panel asks of Prometheus. A test runs every query against a real one that scrapes a real
 * worker. `$pipeline` is what is chosen at the top; `$__rate_interval` and `$__range` are Grafana's.
 */
import { budget, OF_PIPELINE as P, query, series, stat, type Dashboard } from './dashboard-panels';

const RATE = '$__rate_interval';
const WAITING = 'reason=~"unsettled|seen|counting|counted"';

const overview: Dashboard = {
  uid: 'tallyline-overview',
  title: 'Tallyline: overview',
  rows: [
    {
      title: 'Promises over 30 days',
      panels: [
        budget('freshness', 0.99, 'Files that are in the totals in time', 'tallyline_fresh_files_total', 'within="target"'),
        budget('scans', 0.999, 'Scans that saw everything', 'tallyline_scans_total', 'outcome="complete"'),
        stat(
          'Differences found by verification',
          'The totals held against the ledger. More than none: bill nothing.',
          [query(`max by (pipeline) (tallyline_verify_mismatches${P})`, '{{pipeline}}')],
          { redAbove: 0 },
        ),
        stat(
          'Stopped pipelines',
          'Nothing is applied in them until somebody resumes.',
          [query(`max by (pipeline) (tallyline_pipeline_stopped${P})`, '{{pipeline}}')],
          { redAbove: 0 },
        ),
      ].flat(),
    },
    {
      title: 'What is not in the totals',
      panels: [
        series('Files that wait', 'Seen, and on their way.', 'short', [
          query(
            `sum by (pipeline) (max by (pipeline, reason) (tallyline_left_out_files{pipeline=~"$pipeline",${WAITING}}))`,
            '{{pipeline}}',
          ),
        ]),
        series('Bytes that wait', 'Seen, and on their way.', 'bytes', [
          query(
            `sum by (pipeline) (max by (pipeline, reason) (tallyline_left_out_bytes{pipeline=~"$pipeline",${WAITING}}))`,
            '{{pipeline}}',
          ),
        ]),
        series('Oldest that waits', 'Age of the oldest file that is not in the totals and not set aside.', 's', [
          query(
            `time() - min by (pipeline) (tallyline_left_out_oldest_timestamp_seconds{pipeline=~"$pipeline",${WAITING}} > 0) or max by (pipeline) (0 * tallyline_sink_up${P})`,
            '{{pipeline}}',
          ),
        ]),
      ],
    },
    {
      title: 'What is done',
      panels: [
        series('Bytes read', '', 'Bps', [query(`sum by (pipeline) (rate(tallyline_read_bytes_total${P}[${RATE}]))`, '{{pipeline}}')]),
        series('Lines', 'By what became of them.', 'ops', [
          query(`sum by (outcome) (rate(tallyline_lines_total${P}[${RATE}]))`, '{{outcome}}'),
        ]),
        series('Files that reached an end', 'By which.', 'ops', [
          query(`sum by (outcome) (rate(tallyline_files_total${P}[${RATE}]))`, '{{outcome}}'),
        ]),
      ],
    },
  ],
};

const files: Dashboard = {
  uid: 'tallyline-files',
  title: 'Tallyline: files and failures',
  rows: [
    {
      title: 'Files',
      panels: [
        series('File rows by state', 'All that the sink knows.', 'short', [query(`max by (state) (tallyline_files${P})`, '{{state}}')], 12),
        series(
          'Left out of the totals',
          'By state or reason.',
          'short',
          [
            query(
              `max by (pipeline, reason) (tallyline_left_out_files${P}) > 0 or max by (pipeline) (0 * tallyline_sink_up${P})`,
              '{{pipeline}} {{reason}}',
            ),
          ],
          12,
        ),
        series('Set aside', 'In the last hour, by reason.', 'short', [
          query(`sum by (pipeline, reason) (increase(tallyline_quarantined_files_total${P}[1h]))`, '{{pipeline}} {{reason}}'),
        ]),
        series('Rejected lines', 'Share of the lines that are not blank.', 'percentunit', [
          query(
            `sum by (pipeline) (rate(tallyline_lines_total{pipeline=~"$pipeline",outcome="reject"}[${RATE}])) / clamp_min(sum by (pipeline) (rate(tallyline_lines_total{pipeline=~"$pipeline",outcome!="blank"}[${RATE}])), 1e-9)`,
            '{{pipeline}}',
          ),
        ]),
        series('Freshness', 'Files that came into the totals, by how soon.', 'ops', [
          query(`sum by (within) (rate(tallyline_fresh_files_total${P}[${RATE}]))`, '{{within}}'),
        ]),
      ],
    },
    {
      title: 'Scans',
      panels: [
        stat(
          'Last complete scan',
          '',
          [query(`1000 * max by (pipeline) (tallyline_last_complete_scan_timestamp_seconds${P})`, '{{pipeline}}')],
          { unit: 'dateTimeFromNow' },
        ),
        series('Scans', 'By whether they saw everything.', 'ops', [
          query(`sum by (outcome) (rate(tallyline_scans_total${P}[${RATE}]))`, '{{outcome}}'),
        ]),
        series('Delay of starts', 'From when a scan was due to its start, 99th percentile.', 's', [
          query(`histogram_quantile(0.99, sum by (le) (increase(tallyline_scan_start_delay_seconds_bucket${P}[1h]))) or vector(0)`, 'p99'),
        ]),
        series('Requests of listings', 'To object storage.', 'ops', [
          query(`sum by (pipeline) (rate(tallyline_list_requests_total${P}[${RATE}]))`, '{{pipeline}}'),
        ]),
      ],
    },
    {
      title: 'Failures',
      panels: [
        series(
          'Failures by code',
          'See docs/reference/failures.md.',
          'ops',
          [query(`sum by (code) (rate(tallyline_errors_total[${RATE}])) > 0 or vector(0)`, '{{code}}')],
          12,
        ),
        series(
          'Expected and not there',
          'Announced files that are overdue; manifests that cannot be read.',
          'short',
          [
            query(`max by (pipeline) (tallyline_expected_files_overdue${P})`, '{{pipeline}} overdue'),
            query(`max by (pipeline) (tallyline_malformed_manifests${P})`, '{{pipeline}} malformed'),
          ],
          12,
        ),
      ],
    },
  ],
};

const workers: Dashboard = {
  uid: 'tallyline-workers',
  title: 'Tallyline: workers',
  rows: [
    {
      title: 'Counting',
      panels: [
        series('Counting threads', '', 'short', [query('sum by (instance, state) (tallyline_counting_threads)', '{{instance}} {{state}}')]),
        series('Splits that wait for a thread', '', 'short', [query('sum by (instance) (tallyline_waiting_splits)', '{{instance}}')]),
        series('Time of a split', 'Median and 99th percentile.', 's', [
          query(`histogram_quantile(0.5, sum by (le) (increase(tallyline_split_seconds_bucket${P}[1h]))) or vector(0)`, 'p50'),
          query(`histogram_quantile(0.99, sum by (le) (increase(tallyline_split_seconds_bucket${P}[1h]))) or vector(0)`, 'p99'),
        ]),
        series('Checkpoints and resumes', '', 'ops', [
          query(`sum(rate(tallyline_checkpoints_total${P}[${RATE}]))`, 'checkpoints'),
          query(`sum(rate(tallyline_resumes_total${P}[${RATE}]))`, 'resumes'),
        ]),
      ],
    },
    {
      title: 'Temporal',
      panels: [
        series('Slots used', 'Of each worker and kind of task.', 'short', [
          query('sum by (task_queue, worker_type) (temporal_worker_task_slots_used)', '{{task_queue}} {{worker_type}}'),
        ]),
        series('Slots free', '', 'short', [
          query('sum by (task_queue, worker_type) (temporal_worker_task_slots_available)', '{{task_queue}} {{worker_type}}'),
        ]),
        series('Pollers', '', 'short', [
          query('sum by (task_queue, poller_type) (temporal_num_pollers)', '{{task_queue}} {{poller_type}}'),
        ]),
        series('Workflow tasks wait', 'From scheduled to started, 99th percentile.', 's', [
          query(
            `histogram_quantile(0.99, sum by (le, task_queue) (rate(temporal_workflow_task_schedule_to_start_latency_seconds_bucket[${RATE}])))`,
            '{{task_queue}}',
          ),
        ]),
        series('Activities wait', 'From scheduled to started, 99th percentile.', 's', [
          query(
            `histogram_quantile(0.99, sum by (le, task_queue) (rate(temporal_activity_schedule_to_start_latency_seconds_bucket[${RATE}])))`,
            '{{task_queue}}',
          ),
        ]),
        series('Failed requests', 'By operation and status.', 'ops', [
          query(
            `sum by (operation, status_code) (rate(temporal_request_failure_total[${RATE}])) or vector(0)`,
            '{{operation}} {{status_code}}',
          ),
        ]),
      ],
    },
    {
      title: 'Processes',
      panels: [
        series('Memory', 'Resident.', 'bytes', [query('process_resident_memory_bytes{job="tallyline"}', '{{instance}}')]),
        series('Processor', 'Seconds a second.', 'short', [
          query(`rate(process_cpu_seconds_total{job="tallyline"}[${RATE}])`, '{{instance}}'),
        ]),
        series('Event loop', 'Delay, 99th percentile.', 's', [query('nodejs_eventloop_lag_p99_seconds', '{{instance}}')]),
        series('Disk that is free', '', 'percentunit', [
          query('tallyline_disk_free_bytes / tallyline_disk_size_bytes', '{{instance}} {{place}}'),
        ]),
        { title: 'Versions', help: '', kind: 'table', unit: 'short', width: 8, queries: [query('tallyline_build_info', '{{instance}}')] },
      ],
    },
  ],
};

const sink: Dashboard = {
  uid: 'tallyline-sink',
  title: 'Tallyline: sink',
  rows: [
    {
      title: 'Sink',
      panels: [
        stat('Answers', '1: it does.', [query(`max by (pipeline) (tallyline_sink_up${P})`, '{{pipeline}}')]),
        series('Transactions of the apply role', '', 'ops', [
          query(`sum by (pipeline) (rate(tallyline_apply_seconds_count${P}[${RATE}]))`, '{{pipeline}}'),
        ]),
        series('Time of one', 'Median and 99th percentile.', 's', [
          query(`histogram_quantile(0.5, sum by (le) (increase(tallyline_apply_seconds_bucket${P}[1h]))) or vector(0)`, 'p50'),
          query(`histogram_quantile(0.99, sum by (le) (increase(tallyline_apply_seconds_bucket${P}[1h]))) or vector(0)`, 'p99'),
        ]),
        series('Files of one', 'Mean.', 'short', [
          query(
            `sum by (pipeline) (rate(tallyline_apply_batch_files_sum${P}[${RATE}])) / clamp_min(sum by (pipeline) (rate(tallyline_apply_batch_files_count${P}[${RATE}])), 1e-9)`,
            '{{pipeline}}',
          ),
        ]),
        series('Late writes that were refused', 'No-ops of attempts that no longer spoke for their file.', 'ops', [
          query(`sum by (pipeline) (rate(tallyline_fenced_total${P}[${RATE}]))`, '{{pipeline}}'),
        ]),
        series('Source files disposed of', '', 'ops', [
          query(`sum by (action, outcome) (rate(tallyline_files_disposed_total${P}[${RATE}])) > 0 or vector(0)`, '{{action}} {{outcome}}'),
        ]),
        stat('Last verification', '', [query(`1000 * max by (pipeline) (tallyline_last_verify_timestamp_seconds${P})`, '{{pipeline}}')], {
          unit: 'dateTimeFromNow',
        }),
        series('Later manifests that differ', 'Files in the totals.', 'short', [
          query(`sum by (pipeline) (increase(tallyline_late_control_mismatches_total${P}[1d]))`, '{{pipeline}}'),
        ]),
      ],
    },
  ],
};

export const DASHBOARDS: readonly Dashboard[] = [overview, files, workers, sink];
