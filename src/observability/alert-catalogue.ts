/**
 * Every alert, written once: Prometheus's rules, docs/reference/alerts.md and the list of runbooks come from it or are checked against it.
 * `page`: somebody gets up. `ticket`: somebody looks within a working day. `watchdog`: silence is the alarm.
 */
import { FAILURES, isQuarantineReason } from '../core/failures';
import { budgetAlertName, burnExpression, OBJECTIVES } from './objectives';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Pace } from './pace';

export type Severity = 'page' | 'ticket' | 'watchdog';

export interface AlertEntry {
  readonly severity: Severity;
  /** PromQL; what it gives has the label `pipeline` unless `isGlobal`. */
  readonly expression: (pace: Pace) => string;
  /** How long it must hold. */
  readonly forMs: number;
  /** One line, with Prometheus's templates. */
  readonly summary: string;
  /** What follows from it for the totals. */
  readonly consequence: string;
  /** It is about a worker, a queue or Temporal and not about one pipeline. */
  readonly isGlobal?: true;
  /** The file below docs/runbooks, where several alerts share one. */
  readonly runbook: string;
}

const WAITING = 'reason=~"unsettled|seen|counting|counted"';
const QUARANTINED = `reason=~"${Object.keys(FAILURES).filter(isQuarantineReason).join('|')}"`;
const OF = '{{ $labels.pipeline }}';
const HOURS = '{{ $value | humanizeDuration }}';

const sustained = {
  TallylineTotalsWrong: {
    severity: 'page',
    expression: () => 'max by (pipeline) (tallyline_verify_mismatches) > 0',
    forMs: 0,
    summary: `Verification of ${OF} found {{ $value }} differences between the totals and the ledger`,
    consequence: 'Totals may be wrong. Nothing must be billed from this pipeline until it is understood.',
    runbook: 'totals-wrong',
  },
  TallylinePipelineStopped: {
    severity: 'page',
    expression: () => 'max by (pipeline) (tallyline_pipeline_stopped) > 0',
    forMs: 0,
    summary: `Pipeline ${OF} is stopped`,
    consequence: 'Nothing is applied until somebody resumes it. What is in the totals is right; they are not complete.',
    runbook: 'pipeline-stopped',
  },
  TallylineNoWorker: {
    severity: 'page',
    expression: (pace) =>
      `group by (pipeline) (present_over_time(tallyline_sink_up[${pace.duration(DAY_MS)}])) unless group by (pipeline) (tallyline_sink_up)`,
    forMs: 2 * MINUTE_MS,
    summary: `No worker of ${OF} answers any more`,
    consequence: 'Nothing is listed, counted or applied. Nothing is lost: workers go on where they were.',
    runbook: 'no-worker',
  },
  TallylineSinkDown: {
    severity: 'page',
    expression: () => 'max by (pipeline) (tallyline_sink_up) == 0',
    forMs: 2 * MINUTE_MS,
    summary: `The sink of ${OF} does not answer`,
    consequence: 'Nothing is registered or applied until it does. No file is set aside for it.',
    runbook: 'sink-down',
  },
  TallylineScanMissed: {
    severity: 'page',
    expression: (pace) =>
      `time() - max by (pipeline) (tallyline_last_complete_scan_timestamp_seconds) > ` +
      `2 * max by (pipeline) (tallyline_scan_interval_seconds) + ${pace.seconds(5 * MINUTE_MS)}`,
    forMs: 0,
    summary: `The last complete scan of ${OF} was ${HOURS} ago`,
    consequence: 'New files are not seen. Those that are known go on.',
    runbook: 'scan-missed',
  },
  TallylineFilesLate: {
    severity: 'page',
    expression: (pace) =>
      `time() - min by (pipeline) (tallyline_left_out_oldest_timestamp_seconds{${WAITING}} > 0) > ${pace.seconds(2 * HOUR_MS)}`,
    forMs: 5 * MINUTE_MS,
    summary: `A file of ${OF} waits for ${HOURS}`,
    consequence: 'The totals lack it. They are right as far as they go.',
    runbook: 'files-late',
  },
  TallylineBacklogGrows: {
    severity: 'ticket',
    expression: (pace) => {
      const waiting = `sum by (pipeline) (max by (pipeline, reason) (tallyline_left_out_bytes{${WAITING}}))`;
      return `${waiting} > 0 and deriv((${waiting})[${pace.duration(30 * MINUTE_MS)}:${pace.duration(MINUTE_MS)}]) > 0`;
    },
    forMs: 30 * MINUTE_MS,
    summary: `More arrives in ${OF} than is counted: {{ $value | humanize1024 }}B wait`,
    consequence: 'Totals fall behind further and further.',
    runbook: 'backlog-grows',
  },
  TallylineFilesQuarantined: {
    severity: 'ticket',
    expression: () => `max by (pipeline, reason) (tallyline_left_out_files{${QUARANTINED}}) > 0`,
    forMs: 0,
    summary: `{{ $value }} files of ${OF} are set aside: {{ $labels.reason }}`,
    consequence: 'No record of them is in the totals until somebody decides.',
    runbook: 'files-quarantined',
  },
  TallylineRejectsHigh: {
    severity: 'ticket',
    expression: (pace) => {
      const lines = (outcome: string) =>
        `sum by (pipeline) (increase(tallyline_lines_total{outcome${outcome}}[${pace.duration(HOUR_MS)}]))`;
      return `${lines('="reject"')} / (${lines('!="blank"')} > 0) > 0.01`;
    },
    forMs: 5 * MINUTE_MS,
    summary: `{{ $value | humanizePercentage }} of the lines of ${OF} are rejected`,
    consequence: 'What is rejected is in no total. The receipts say which lines.',
    runbook: 'rejects-high',
  },
  TallylineFilesOverdue: {
    severity: 'ticket',
    expression: () => 'max by (pipeline) (tallyline_expected_files_overdue) > 0',
    forMs: 0,
    summary: `{{ $value }} announced files of ${OF} did not come in time`,
    consequence: 'The totals are those of the files that came.',
    runbook: 'files-overdue',
  },
  TallylineManifestMalformed: {
    severity: 'ticket',
    expression: () => 'max by (pipeline) (tallyline_malformed_manifests) > 0',
    forMs: 0,
    summary: `{{ $value }} manifests of ${OF} cannot be read`,
    consequence: 'The files beside them wait.',
    runbook: 'manifest-malformed',
  },
  TallylineVerifyMissed: {
    severity: 'ticket',
    expression: (pace) =>
      `time() - max by (pipeline) (tallyline_last_verify_timestamp_seconds) > ` +
      `2 * max by (pipeline) (tallyline_verify_interval_seconds) + ${pace.seconds(HOUR_MS)}`,
    forMs: 0,
    summary: `The totals of ${OF} were last verified ${HOURS} ago`,
    consequence: 'A difference would not be noticed.',
    runbook: 'verify-missed',
  },
} as const satisfies Record<string, AlertEntry>;

const sudden = {
  TallylineLateMismatch: {
    severity: 'ticket',
    expression: (pace) => `sum by (pipeline) (increase(tallyline_late_control_mismatches_total[${pace.duration(DAY_MS)}])) > 0`,
    forMs: 0,
    summary: `{{ $value }} files in the totals of ${OF} are not what a later manifest says`,
    consequence: 'They stay in the totals, with a note in the ledger.',
    runbook: 'late-mismatch',
  },
  TallylineAgentAway: {
    severity: 'page',
    expression: (pace) => `sum by (pipeline) (increase(tallyline_agent_away_total[${pace.duration(30 * MINUTE_MS)}])) > 0`,
    forMs: 0,
    summary: `An agent of ${OF} takes no work`,
    consequence: 'New files of its volume are not seen, and those that are known wait. Other agents go on.',
    runbook: 'agent-away',
  },
  TallylineDisposalFails: {
    severity: 'ticket',
    expression: (pace) => `sum by (pipeline) (increase(tallyline_files_disposed_total{outcome="failed"}[${pace.duration(HOUR_MS)}])) > 0`,
    forMs: HOUR_MS,
    summary: `Counted files of ${OF} cannot be moved or removed`,
    consequence: 'The source fills up. The totals are not touched.',
    runbook: 'disposal-fails',
  },
  TallylineUnforeseenFailure: {
    severity: 'ticket',
    expression: (pace) => `sum by (instance) (increase(tallyline_errors_total{code="unforeseen"}[${pace.duration(HOUR_MS)}])) > 0`,
    forMs: 0,
    summary: '{{ $labels.instance }} failed {{ $value }} times in a way that the catalogue does not know',
    consequence: 'It is tried again; from the tenth time on the pipeline is stopped.',
    isGlobal: true,
    runbook: 'unforeseen-failure',
  },
} as const satisfies Record<string, AlertEntry>;

const temporal = {
  TallylineNonDeterminism: {
    severity: 'page',
    expression: (pace) =>
      `sum by (task_queue, workflow_type) (increase(temporal_workflow_task_execution_failed_total{failure_reason="NonDeterminismError"}[${pace.duration(5 * MINUTE_MS)}])) > 0`,
    forMs: 0,
    summary: 'Workflows of type {{ $labels.workflow_type }} cannot be continued by the code that runs',
    consequence: 'They stand still until a worker of the version that began them runs, or they are terminated. No total is wrong.',
    isGlobal: true,
    runbook: 'non-determinism',
  },
  TallylinePayloadTooLarge: {
    severity: 'page',
    expression: (pace) =>
      `sum by (task_queue, workflow_type) (increase(temporal_workflow_task_execution_failed_total{failure_reason="GrpcMessageTooLarge"}[${pace.duration(5 * MINUTE_MS)}])) > 0`,
    forMs: 0,
    summary: 'A workflow of type {{ $labels.workflow_type }} answers more than Temporal takes',
    consequence: 'It stands still for ever: a defect of Tallyline.',
    isGlobal: true,
    runbook: 'payload-too-large',
  },
  TallylineHeartbeatsRefused: {
    severity: 'ticket',
    expression: (pace) =>
      `sum by (namespace) (increase(temporal_request_failure_total{operation="RecordActivityTaskHeartbeat",status_code="NOT_FOUND"}[${pace.duration(15 * MINUTE_MS)}])) > 0`,
    forMs: 0,
    summary: 'Activities run on that Temporal has given up, in namespace {{ $labels.namespace }}',
    consequence: 'Work is done twice and counted once: the ledger refuses the second.',
    isGlobal: true,
    runbook: 'heartbeats-refused',
  },
  TallylineTemporalLimits: {
    severity: 'ticket',
    expression: (pace) =>
      `sum by (namespace, operation) (increase(temporal_request_failure_total{status_code="RESOURCE_EXHAUSTED"}[${pace.duration(15 * MINUTE_MS)}])) > 0`,
    forMs: 5 * MINUTE_MS,
    summary: 'Temporal refuses {{ $labels.operation }} in namespace {{ $labels.namespace }}: too many requests',
    consequence: 'Everything is slower than it could be.',
    isGlobal: true,
    runbook: 'temporal-limits',
  },
  TallylineTasksWait: {
    severity: 'ticket',
    expression: (pace) =>
      `histogram_quantile(0.99, sum by (le, namespace, task_queue) (rate(temporal_workflow_task_schedule_to_start_latency_seconds_bucket[${pace.duration(10 * MINUTE_MS)}]))) > 5`,
    forMs: 10 * MINUTE_MS,
    summary: 'Workflow tasks of {{ $labels.task_queue }} wait {{ $value | humanizeDuration }} for a worker',
    consequence: 'Scans and files are slow. More or larger orchestrate workers are needed.',
    isGlobal: true,
    runbook: 'tasks-wait',
  },
  TallylineTemporalMetricsGone: {
    severity: 'ticket',
    expression: () => 'min by (instance) (tallyline_temporal_metrics_up) == 0',
    forMs: 10 * MINUTE_MS,
    summary: '{{ $labels.instance }} shows no metrics of Temporal',
    consequence: 'Alerts on Temporal cannot be raised for it.',
    isGlobal: true,
    runbook: 'temporal-metrics-gone',
  },
} as const satisfies Record<string, AlertEntry>;

const machine = {
  TallylineDiskFills: {
    severity: 'page',
    expression: (pace) =>
      `min by (instance, place) (predict_linear(tallyline_disk_free_bytes[${pace.duration(6 * HOUR_MS)}], ${pace.seconds(DAY_MS)})) < 0 ` +
      `and min by (instance, place) (tallyline_disk_free_bytes / tallyline_disk_size_bytes) < 0.2`,
    forMs: 30 * MINUTE_MS,
    summary: 'The disk of {{ $labels.place }} on {{ $labels.instance }} is full within a day',
    consequence: 'Then nothing is counted or applied until there is room. Nothing is lost.',
    isGlobal: true,
    runbook: 'disk-fills',
  },
  TallylineWatchdog: {
    severity: 'watchdog',
    expression: () => 'vector(1)',
    forMs: 0,
    summary: 'Alerting works',
    consequence: 'Always raised: whoever receives it alarms when it stays away.',
    isGlobal: true,
    runbook: 'watchdog',
  },
} as const satisfies Record<string, AlertEntry>;

export const ALERTS: Readonly<Record<string, AlertEntry>> = { ...sustained, ...burns(), ...sudden, ...temporal, ...machine };

/** One alert for each objective and severity. */
function burns(): Record<string, AlertEntry> {
  const severities = ['page', 'ticket'] as const;
  const entries = OBJECTIVES.flatMap((objective) =>
    severities.map((severity): [string, AlertEntry] => {
      return [
        budgetAlertName(objective, severity),
        {
          severity,
          expression: (pace) => burnExpression(objective, severity, pace),
          forMs: severity === 'page' ? 2 * MINUTE_MS : 15 * MINUTE_MS,
          summary: `${OF} uses up the month's budget of its promise on ${objective.name} too fast: {{ $value | humanizePercentage }} are not as promised`,
          consequence: `Promised: ${objective.promise}.`,
          runbook: `${objective.name}-budget`,
        },
      ];
    }),
  );
  return Object.fromEntries(entries);
}
