/** The HTTP server of one process: `/metrics`, `/livez`, `/readyz`. On loopback by default; it has no authentication. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { TallylineFailure } from '../core/failures';
import { SCRAPED_BYTES_MAX, SCRAPE_TIMEOUT_MS } from '../core/limits';
import type { Metrics } from './metrics';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Where Temporal's core exports its own metrics, such as http://127.0.0.1:9465/metrics. */
  readonly temporalMetricsUrl?: string;
  /** Why the process is not ready; empty when it is. */
  readonly findReasonsNotReady: () => readonly string[] | Promise<readonly string[]>;
}

export interface MetricsServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Throws config_invalid when the address cannot be listened on. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: SCRAPE_TIMEOUT_MS, headersTimeout: SCRAPE_TIMEOUT_MS }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain', `${String(error)}\n`);
    });
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return { host: options.host, port, close: () => closeServer(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: MetricsServerOptions): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(response, 405, 'text/plain', 'only GET and HEAD\n');
    return;
  }
  switch (request.url?.replace(/\?.*$/, '')) {
    case '/metrics':
      send(response, 200, options.metrics.contentType, await collect(options));
      return;
    case '/livez':
      send(response, 200, 'application/json', '{"live":true}\n');
      return;
    case '/readyz': {
      const reasons = await findReasons(options);
      send(response, reasons.length === 0 ? 200 : 503, 'application/json', `${JSON.stringify({ ready: reasons.length === 0, reasons })}\n`);
      return;
    }
    default:
      send(response, 404, 'text/plain', 'here are /metrics, /livez and /readyz\n');
  }
}

/** Readiness that cannot be told is none. */
async function findReasons({ findReasonsNotReady }: MetricsServerOptions): Promise<readonly string[]> {
  try {
    return await findReasonsNotReady();
  } catch (error) {
    return [String(error)];
  }
}

/** Own metrics always; Temporal's as far as its exporter answers. */
async function collect({ metrics, temporalMetricsUrl }: MetricsServerOptions): Promise<string> {
  const temporal = temporalMetricsUrl === undefined ? null : await scrape(temporalMetricsUrl);
  metrics.set('tallyline_temporal_metrics_up', {}, temporal === null ? 0 : 1);
  const own = await metrics.expose();
  return temporal === null ? own : `${own.trimEnd()}\n${temporal.trimEnd()}\n`;
}

async function scrape(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) });
    if (!response.ok || response.body === null) return null;
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > SCRAPED_BYTES_MAX) return null;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return null;
  }
}

function listen(server: Server, { host, port }: MetricsServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another process uses this port already' : String(error);
      const fact = `metrics cannot be served at ${host}:${String(port)}: ${why}; set worker.metricsAddress to a free one (port 0 takes any)`;
      reject(new TallylineFailure('config_invalid', fact, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

/** Does not wait for idle connections. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
