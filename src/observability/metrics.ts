/** The registry behind the catalogue: what the parts of a process count into and what a scrape reads. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { CounterName, GaugeName, HistogramName, MetricEntry, MetricLabels, MetricName } from './metric-catalogue';
import { METRICS } from './metric-catalogue';

export interface MetricsOptions {
  readonly pipelines: readonly string[];
  readonly version: string;
}

export class Metrics {
  private readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();

  constructor(options: MetricsOptions) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of Object.keys(METRICS) as MetricName[]) this.register(name, METRICS[name], options.pipelines);
    this.set('tallyline_build_info', { version: options.version, node: process.version }, 1);
  }

  increment<Name extends CounterName>(name: Name, labels: MetricLabels<Name>, amount = 1): void {
    this.counters.get(name)?.inc(plain(labels), amount);
  }

  set<Name extends GaugeName>(name: Name, labels: MetricLabels<Name>, value: number): void {
    this.gauges.get(name)?.set(plain(labels), value);
  }

  observe<Name extends HistogramName>(name: Name, labels: MetricLabels<Name>, value: number): void {
    this.histograms.get(name)?.observe(plain(labels), value);
  }

  /** The exposition text of everything registered. */
  expose(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Series start at 0, so that the first increase is seen as one (an alert on `increase` misses a series that appears at 1). */
  private register(name: MetricName, entry: MetricEntry, pipelines: readonly string[]): void {
    const options = { name, help: entry.help, labelNames: Object.keys(entry.labels), registers: [this.registry] };
    const series = listSeries(entry, pipelines);
    switch (entry.type) {
      case 'counter': {
        const counter = new Counter(options);
        this.counters.set(name, counter);
        for (const labels of series) counter.inc(labels, 0);
        return;
      }
      case 'gauge': {
        const gauge = new Gauge(options);
        this.gauges.set(name, gauge);
        for (const labels of series) gauge.set(labels, 0);
        return;
      }
      case 'histogram': {
        const histogram = new Histogram({ ...options, buckets: [...(entry.buckets ?? [])] });
        this.histograms.set(name, histogram);
        for (const labels of series) histogram.zero(labels);
      }
    }
  }
}

/** The compiler does not see that every label of every metric is a string. */
function plain(labels: object): Record<string, string> {
  return { ...labels };
}

/** Every combination of label values; none where a label is open. */
function listSeries(entry: MetricEntry, pipelines: readonly string[]): Record<string, string>[] {
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(entry.labels)) {
    const list = values === 'open' ? [] : values === 'pipelines' ? pipelines : values;
    series = series.flatMap((labels) => list.map((value) => ({ ...labels, [label]: value })));
  }
  return series;
}
