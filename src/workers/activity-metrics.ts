/** Joins the activities' metrics port with the catalogue. */
import type { ActivityMetrics } from '../activities/dependencies';
import { UNFORESEEN } from '../activities/application-failure';
import { FAILURES, type FailureCode } from '../core/failures';
import { freshnessOf } from '../core/freshness';
import { configuredPipeline, planIdOf } from '../core/plan-name';
import type { Metrics } from '../observability/metrics';

/** A plan is counted under a name of its own, and would make a series of its own. */
export function createActivityMetrics(metrics: Metrics): ActivityMetrics {
  const named = metricsByName(metrics);
  return {
    splitCounted: (pipeline, counted, seconds) => named.splitCounted(configuredPipeline(pipeline), counted, seconds),
    splitResumed: (pipeline, fromOffset) => named.splitResumed(configuredPipeline(pipeline), fromOffset),
    checkpointStored: (pipeline) => named.checkpointStored(configuredPipeline(pipeline)),
    filesQuarantined: (pipeline, reason, files) => ofTotals(pipeline, () => named.filesQuarantined(pipeline, reason, files)),
    applied: (pipeline, outcomes, seconds) => ofTotals(pipeline, () => named.applied(pipeline, outcomes, seconds)),
    disposed: (pipeline, kind, outcome) => named.disposed(pipeline, kind, outcome),
    listed: (pipeline, requests) => named.listed(pipeline, requests),
    scanned: (pipeline, outcome) => named.scanned(pipeline, outcome),
    scanStarted: (pipeline, delayMs) => named.scanStarted(pipeline, delayMs),
    published: (pipeline, ageMs, sizeBytes) => ofTotals(pipeline, () => named.published(pipeline, ageMs, sizeBytes)),
    verified: (pipeline, mismatches) => named.verified(pipeline, mismatches),
    lateMismatches: (pipeline, files) => named.lateMismatches(pipeline, files),
    agentAway: (pipeline) => named.agentAway(configuredPipeline(pipeline)),
    failed: (code, pipeline) => named.failed(code, configuredPipeline(pipeline)),
  };
}

/** What becomes of a plan's files happens to no totals. */
function ofTotals(pipeline: string, report: () => void): void {
  if (planIdOf(pipeline) === null) report();
}

function metricsByName(metrics: Metrics): ActivityMetrics {
  return {
    splitCounted(pipeline, { readBytes, records, rejected, blanks }, seconds) {
      metrics.increment('tallyline_read_bytes_total', { pipeline }, readBytes);
      metrics.increment('tallyline_lines_total', { pipeline, outcome: 'record' }, records);
      metrics.increment('tallyline_lines_total', { pipeline, outcome: 'reject' }, rejected);
      metrics.increment('tallyline_lines_total', { pipeline, outcome: 'blank' }, blanks);
      metrics.observe('tallyline_split_seconds', { pipeline }, seconds);
    },
    splitResumed: (pipeline) => metrics.increment('tallyline_resumes_total', { pipeline }),
    checkpointStored: (pipeline) => metrics.increment('tallyline_checkpoints_total', { pipeline }),
    filesQuarantined(pipeline, reason, files) {
      metrics.increment('tallyline_files_total', { pipeline, outcome: 'quarantined' }, files);
      metrics.increment('tallyline_quarantined_files_total', { pipeline, reason }, files);
    },
    agentAway: (pipeline) => metrics.increment('tallyline_agent_away_total', { pipeline }),
    lateMismatches: (pipeline, files) => metrics.increment('tallyline_late_control_mismatches_total', { pipeline }, files),
    applied(pipeline, outcomes, seconds) {
      metrics.observe('tallyline_apply_seconds', { pipeline }, seconds);
      metrics.observe('tallyline_apply_batch_files', { pipeline }, outcomes.length);
      for (const { outcome, reason } of outcomes) {
        // Back to counting: not an end.
        if (outcome === 'counting') continue;
        metrics.increment('tallyline_files_total', { pipeline, outcome });
        if (reason !== null) metrics.increment('tallyline_quarantined_files_total', { pipeline, reason });
      }
    },
    disposed: (pipeline, action, outcome) => metrics.increment('tallyline_files_disposed_total', { pipeline, action, outcome }),
    listed(pipeline, requests) {
      metrics.increment('tallyline_list_requests_total', { pipeline }, requests);
    },
    scanned(pipeline, outcome) {
      metrics.increment('tallyline_scans_total', { pipeline, outcome });
      if (outcome === 'complete') metrics.set('tallyline_last_complete_scan_timestamp_seconds', { pipeline }, Date.now() / 1000);
    },
    scanStarted: (pipeline, delayMs) => metrics.observe('tallyline_scan_start_delay_seconds', { pipeline }, Math.max(0, delayMs) / 1000),
    published: (pipeline, ageMs, sizeBytes) =>
      metrics.increment('tallyline_fresh_files_total', { pipeline, within: freshnessOf(ageMs, sizeBytes) }),
    verified(pipeline, mismatches) {
      metrics.set('tallyline_verify_mismatches', { pipeline }, mismatches);
      metrics.set('tallyline_last_verify_timestamp_seconds', { pipeline }, Date.now() / 1000);
    },
    failed(code, pipeline) {
      metrics.increment('tallyline_errors_total', { code: Object.hasOwn(FAILURES, code) ? (code as FailureCode) : UNFORESEEN });
      if (code === 'fenced') metrics.increment('tallyline_fenced_total', { pipeline });
    },
  };
}
