/** For each alert a history in Prometheus's notation, with an instant at which it is quiet and one at which it is raised. */
export interface AlertCase {
  readonly alert: string;
  /** From one value to the next, and from one evaluation to the next. */
  readonly stepMinutes?: number;
  readonly series: Readonly<Record<string, string>>;
  /** Minutes. */
  readonly quietAt: number;
  readonly raisedAt: number;
  /** Beside alertname, alertstate and severity. */
  readonly labels: Readonly<Record<string, string>>;
}

const usage = { pipeline: 'usage' };
const worker = { instance: 'w1' };
const failedTasks = (reason: string) =>
  `temporal_workflow_task_execution_failed_total{failure_reason="${reason}",task_queue="tallyline-workflow",workflow_type="fileWorkflow"}`;
const failedRequests = (operation: string, status: string) =>
  `temporal_request_failure_total{operation="${operation}",status_code="${status}",namespace="default"}`;
const slowTasks = (bound: string) =>
  `temporal_workflow_task_schedule_to_start_latency_seconds_bucket{le="${bound}",namespace="default",task_queue="tallyline-workflow"}`;

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'TallylineTotalsWrong',
    series: { 'tallyline_verify_mismatches{pipeline="usage"}': '0x10 1x10' },
    quietAt: 10,
    raisedAt: 11,
    labels: usage,
  },
  {
    alert: 'TallylinePipelineStopped',
    series: { 'tallyline_pipeline_stopped{pipeline="usage"}': '0x10 1x10' },
    quietAt: 10,
    raisedAt: 11,
    labels: usage,
  },
  {
    alert: 'TallylineNoWorker',
    series: { 'tallyline_sink_up{pipeline="usage",instance="w1"}': '1x10 stale' },
    quietAt: 10,
    raisedAt: 20,
    labels: usage,
  },
  {
    alert: 'TallylineSinkDown',
    // One that gets through is enough.
    series: {
      'tallyline_sink_up{pipeline="usage",instance="w1"}': '1x10 0x20',
      'tallyline_sink_up{pipeline="usage",instance="w2"}': '1x20 0x10',
    },
    quietAt: 20,
    raisedAt: 24,
    labels: usage,
  },
  {
    alert: 'TallylineScanMissed',
    series: {
      'tallyline_last_complete_scan_timestamp_seconds{pipeline="usage"}': '0x60',
      'tallyline_scan_interval_seconds{pipeline="usage"}': '600x60',
    },
    quietAt: 25,
    raisedAt: 26,
    labels: usage,
  },
  {
    alert: 'TallylineFilesLate',
    series: {
      'tallyline_left_out_oldest_timestamp_seconds{pipeline="usage",reason="counting"}': '60x200',
      // What is set aside is not late.
      'tallyline_left_out_oldest_timestamp_seconds{pipeline="other",reason="changed"}': '60x200',
    },
    quietAt: 121,
    raisedAt: 130,
    labels: usage,
  },
  {
    alert: 'TallylineBacklogGrows',
    series: {
      'tallyline_left_out_bytes{pipeline="usage",reason="seen"}': '0+1000x120',
      'tallyline_left_out_bytes{pipeline="other",reason="seen"}': '120000-1000x120',
    },
    quietAt: 20,
    raisedAt: 65,
    labels: usage,
  },
  {
    alert: 'TallylineFilesQuarantined',
    series: { 'tallyline_left_out_files{pipeline="usage",reason="changed"}': '0x10 2x10' },
    quietAt: 10,
    raisedAt: 11,
    labels: { ...usage, reason: 'changed' },
  },
  {
    alert: 'TallylineRejectsHigh',
    series: {
      'tallyline_lines_total{pipeline="usage",outcome="record"}': '0+1000x200',
      'tallyline_lines_total{pipeline="usage",outcome="reject"}': '0x100 0+50x100',
      'tallyline_lines_total{pipeline="usage",outcome="blank"}': '0x200',
    },
    quietAt: 100,
    raisedAt: 160,
    labels: usage,
  },
  {
    alert: 'TallylineFilesOverdue',
    series: { 'tallyline_expected_files_overdue{pipeline="usage"}': '0x10 3x10' },
    quietAt: 10,
    raisedAt: 11,
    labels: usage,
  },
  {
    alert: 'TallylineManifestMalformed',
    series: { 'tallyline_malformed_manifests{pipeline="usage"}': '0x10 1x10' },
    quietAt: 10,
    raisedAt: 11,
    labels: usage,
  },
  {
    alert: 'TallylineVerifyMissed',
    series: {
      'tallyline_last_verify_timestamp_seconds{pipeline="usage"}': '0x300',
      'tallyline_verify_interval_seconds{pipeline="usage"}': '3600x300',
    },
    quietAt: 180,
    raisedAt: 181,
    labels: usage,
  },
  {
    alert: 'TallylineFreshnessBudgetFast',
    // One in ten is late: slower than 14.4 times. Then one in two.
    series: {
      'tallyline_fresh_files_total{pipeline="usage",within="target"}': '0+9x200 1800+5x100',
      'tallyline_fresh_files_total{pipeline="usage",within="late"}': '0+0x200 0+5x100',
    },
    quietAt: 200,
    raisedAt: 260,
    labels: { ...usage, objective: 'freshness' },
  },
  {
    alert: 'TallylineFreshnessBudgetSlow',
    series: {
      'tallyline_fresh_files_total{pipeline="usage",within="target"}': '0+100x600',
      'tallyline_fresh_files_total{pipeline="usage",within="four_targets"}': '0x150 0+4x450',
    },
    stepMinutes: 10,
    quietAt: 1500,
    raisedAt: 5900,
    labels: { ...usage, objective: 'freshness' },
  },
  {
    alert: 'TallylineScansBudgetFast',
    series: {
      'tallyline_scans_total{pipeline="usage",outcome="complete"}': '0+4x200 800+3x100',
      'tallyline_scans_total{pipeline="usage",outcome="incomplete"}': '0x200 0+1x100',
    },
    quietAt: 200,
    raisedAt: 260,
    labels: { ...usage, objective: 'scans' },
  },
  {
    alert: 'TallylineScansBudgetSlow',
    series: {
      'tallyline_scans_total{pipeline="usage",outcome="complete"}': '0+250x600',
      'tallyline_scans_total{pipeline="usage",outcome="incomplete"}': '0x150 0+1x450',
    },
    stepMinutes: 10,
    quietAt: 1500,
    raisedAt: 5900,
    labels: { ...usage, objective: 'scans' },
  },
  {
    alert: 'TallylineLateMismatch',
    series: { 'tallyline_late_control_mismatches_total{pipeline="usage"}': '0x10 1x10' },
    quietAt: 10,
    raisedAt: 12,
    labels: usage,
  },
  {
    alert: 'TallylineAgentAway',
    series: { 'tallyline_agent_away_total{pipeline="usage"}': '0x10 1x60' },
    quietAt: 10,
    raisedAt: 12,
    labels: usage,
  },
  {
    alert: 'TallylineDisposalFails',
    series: { 'tallyline_files_disposed_total{pipeline="usage",action="move",outcome="failed"}': '0x10 0+1x120' },
    quietAt: 60,
    raisedAt: 80,
    labels: usage,
  },
  {
    alert: 'TallylineUnforeseenFailure',
    series: { 'tallyline_errors_total{instance="w1",code="unforeseen"}': '0x10 1x10' },
    quietAt: 10,
    raisedAt: 12,
    labels: worker,
  },
  {
    alert: 'TallylineNonDeterminism',
    series: { [failedTasks('NonDeterminismError')]: '0x10 0+1x10', [failedTasks('WorkflowError')]: '0+1x20' },
    quietAt: 10,
    raisedAt: 12,
    labels: { task_queue: 'tallyline-workflow', workflow_type: 'fileWorkflow' },
  },
  {
    alert: 'TallylinePayloadTooLarge',
    series: { [failedTasks('GrpcMessageTooLarge')]: '0x10 0+1x10' },
    quietAt: 10,
    raisedAt: 12,
    labels: { task_queue: 'tallyline-workflow', workflow_type: 'fileWorkflow' },
  },
  {
    alert: 'TallylineHeartbeatsRefused',
    series: { [failedRequests('RecordActivityTaskHeartbeat', 'NOT_FOUND')]: '0x10 0+1x10' },
    quietAt: 10,
    raisedAt: 12,
    labels: { namespace: 'default' },
  },
  {
    alert: 'TallylineTemporalLimits',
    series: { [failedRequests('StartWorkflowExecution', 'RESOURCE_EXHAUSTED')]: '0x10 0+1x30' },
    quietAt: 14,
    raisedAt: 20,
    labels: { namespace: 'default', operation: 'StartWorkflowExecution' },
  },
  {
    alert: 'TallylineTasksWait',
    series: { [slowTasks('1')]: '0+10x30 300x60', [slowTasks('10')]: '0+10x90', [slowTasks('+Inf')]: '0+10x90' },
    quietAt: 30,
    raisedAt: 70,
    labels: { namespace: 'default', task_queue: 'tallyline-workflow' },
  },
  {
    alert: 'TallylineTemporalMetricsGone',
    series: { 'tallyline_temporal_metrics_up{instance="w1"}': '1x10 0x30' },
    quietAt: 15,
    raisedAt: 25,
    labels: worker,
  },
  {
    alert: 'TallylineDiskFills',
    series: {
      'tallyline_disk_free_bytes{instance="w1",place="sink"}': '190-0.2x500',
      'tallyline_disk_size_bytes{instance="w1",place="sink"}': '1000x500',
      // Fills as fast, and has room.
      'tallyline_disk_free_bytes{instance="w1",place="temporary"}': '900-0.2x500',
      'tallyline_disk_size_bytes{instance="w1",place="temporary"}': '1000x500',
    },
    quietAt: 20,
    raisedAt: 60,
    labels: { ...worker, place: 'sink' },
  },
];
