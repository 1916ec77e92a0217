import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { METRICS } from '../../../src/observability/metric-catalogue';
import { Metrics } from '../../../src/observability/metrics';
import type { MetricsServer, MetricsServerOptions } from '../../../src/observability/metrics-server';
import { startMetricsServer } from '../../../src/observability/metrics-server';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(
  more: Partial<MetricsServerOptions> = {},
): Promise<MetricsServer & { readonly metrics: Metrics; readonly url: string }> {
  const metrics = more.metrics ?? new Metrics({ pipelines: ['usage', 'traffic'], version: '1.2.3' });
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, metrics, findReasonsNotReady: () => [], ...more });
  closing.push(() => server.close());
  return { ...server, metrics, url: `http://127.0.0.1:${String(server.port)}` };
}

/** Another process's exporter, such as Temporal's. */
async function startExporter(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/metrics`;
}

async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe('/metrics', () => {
  test('shows every metric of the catalogue, and Node’s own', async () => {
    const { url } = await start();
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}`);
    }
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });

  test('starts every counter and histogram at 0, for each pipeline and outcome', async () => {
    const { url } = await start();
    const series = await scrape(url);
    for (const pipeline of ['usage', 'traffic']) {
      expect(series.get(`tallyline_files_total{pipeline="${pipeline}",outcome="quarantined"}`)).toBe(0);
      expect(series.get(`tallyline_quarantined_files_total{pipeline="${pipeline}",reason="changed"}`)).toBe(0);
      expect(series.get(`tallyline_split_seconds_count{pipeline="${pipeline}"}`)).toBe(0);
    }
    expect(series.get('tallyline_errors_total{code="source_unavailable"}')).toBe(0);
    expect(series.get(`tallyline_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
  });

  test('shows what was counted, set and observed', async () => {
    const { metrics, url } = await start();
    metrics.increment('tallyline_read_bytes_total', { pipeline: 'usage' }, 20);
    metrics.increment('tallyline_read_bytes_total', { pipeline: 'usage' }, 22);
    metrics.set('tallyline_files', { pipeline: 'usage', state: 'counting' }, 7);
    metrics.observe('tallyline_apply_seconds', { pipeline: 'usage' }, 0.5);
    const series = await scrape(url);
    expect(series.get('tallyline_read_bytes_total{pipeline="usage"}')).toBe(42);
    expect(series.get('tallyline_files{pipeline="usage",state="counting"}')).toBe(7);
    expect(series.get('tallyline_apply_seconds_sum{pipeline="usage"}')).toBe(0.5);
    expect(series.get('tallyline_apply_seconds_bucket{le="0.3",pipeline="usage"}')).toBe(0);
    expect(series.get('tallyline_apply_seconds_bucket{le="1",pipeline="usage"}')).toBe(1);
  });

  test('has the metrics of Temporal’s core on the same scrape', async () => {
    const { url } = await start({
      temporalMetricsUrl: await startExporter(200, '# TYPE temporal_request counter\ntemporal_request{operation="x"} 3\n'),
    });
    const series = await scrape(url);
    expect(series.get('temporal_request{operation="x"}')).toBe(3);
    expect(series.get('tallyline_temporal_metrics_up')).toBe(1);
    expect(series.get('tallyline_resumes_total{pipeline="usage"}')).toBe(0);
  });

  test.each([
    ['is not there', () => Promise.resolve('http://127.0.0.1:1/metrics')],
    ['answers with an error', () => startExporter(500, 'temporal_request 3\n')],
    ['answers without end', () => startExporter(200, 'x'.repeat(9 * 1024 ** 2))],
  ])('serves its own when Temporal’s exporter %s, and says so', async (_, exporter) => {
    const { url } = await start({ temporalMetricsUrl: await exporter() });
    const series = await scrape(url);
    expect(series.get('tallyline_temporal_metrics_up')).toBe(0);
    expect(series.get('tallyline_resumes_total{pipeline="usage"}')).toBe(0);
    expect([...series.keys()].filter((name) => name.startsWith('temporal_'))).toEqual([]);
  });
});

describe('health', () => {
  test('/livez is 200 while the process answers', async () => {
    const { url } = await start({ findReasonsNotReady: () => ['not yet'] });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  test('/readyz says 503 with the reasons, and 200 once there are none', async () => {
    let reasons = ['the worker is starting'];
    const { url } = await start({ findReasonsNotReady: () => Promise.resolve(reasons) });
    const before = await fetch(`${url}/readyz`);
    expect([before.status, await before.json()]).toEqual([503, { ready: false, reasons: ['the worker is starting'] }]);
    reasons = [];
    const after = await fetch(`${url}/readyz`);
    expect([after.status, await after.json()]).toEqual([200, { ready: true, reasons: [] }]);
  });

  test('/readyz says 503 when readiness itself cannot be told', async () => {
    const { url } = await start({ findReasonsNotReady: () => Promise.reject(new Error('the sink is locked')) });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([503, { ready: false, reasons: ['Error: the sink is locked'] }]);
  });

  test('anything else is 404, and writing is 405', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(`${url}/livez?verbose`)).status).toBe(200);
  });
});

test('a port in use is told with what to do', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toMatchObject({
    code: 'config_invalid',
    fact: `metrics cannot be served at 127.0.0.1:${String(port)}: another process uses this port already; set worker.metricsAddress to a free one (port 0 takes any)`,
  });
});

test('close frees the port though a connection is kept alive', async () => {
  const { port, url, close } = await start();
  await (await fetch(`${url}/livez`)).text();
  await close();
  expect((await start({ port })).port).toBe(port);
});

test('close does not wait for a request that hangs', async () => {
  let hasAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (hasAsked = resolve));
  const never = new Promise<readonly string[]>(() => undefined);
  const { url, close } = await start({
    findReasonsNotReady: () => {
      hasAsked();
      return never;
    },
  });
  const answer = fetch(`${url}/readyz`).catch((error: unknown) => error);
  await asked;
  await close();
  expect(await answer).not.toHaveProperty('status');
});
