/** Prometheus's own configuration as plain data. https://prometheus.io/docs/prometheus/latest/configuration/configuration/ */
import { MINUTE_MS, type Pace } from './pace';

export interface PrometheusOptions {
  readonly pace: Pace;
  /** host:port of each process of Tallyline. */
  readonly targets: readonly string[];
  readonly alertmanagers: readonly string[];
  readonly rulesFile: string;
}

export function renderPrometheus({ pace, targets, alertmanagers, rulesFile }: PrometheusOptions): object {
  const interval = pace.duration(MINUTE_MS / 4);
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [rulesFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    scrape_configs: [{ job_name: 'tallyline', static_configs: [{ targets }] }],
  };
}
