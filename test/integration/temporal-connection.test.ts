/**
 * A Temporal that is reached as in production: by a profile of Temporal's own configuration file, through TLS with certificates on both
 * sides, and with everything encrypted that it stores. The server itself is the real one; what terminates TLS stands before it.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { makeCertificate } from '../helpers/certificates';
import { eventually } from '../helpers/eventually';
import { fetchHistory } from '../helpers/history';
import { PIPELINE, SOURCE_ID, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const SECRET = 'acme-invoices.txt';
const run = promisify(execFile);

let bed: TestBed;
let front: Server;

beforeAll(async () => {
  bed = await TestBed.create();
  const leaf = { isAuthority: false };
  const [ours, theirs] = [makeCertificate('IP:127.0.0.1', leaf), makeCertificate('DNS:worker', leaf)];
  const port = Number(bed.server.address.split(':')[1]);
  const settings = {
    key: ours.key,
    cert: ours.certificate,
    ca: theirs.certificate,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
  };
  front = createServer(settings, (client) => {
    const server = connect(port, '127.0.0.1');
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => [client, server].forEach((each) => each.destroy()));
  });
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening));
  const write = (name: string, text: string): string => {
    writeFileSync(join(bed.folder, name), text);
    return join(bed.folder, name);
  };
  const tls = {
    server_ca_cert_path: write('ca.pem', ours.certificate),
    client_cert_path: write('worker.pem', theirs.certificate),
    client_key_path: write('worker.key', theirs.key),
  };
  const address = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  const lines = Object.entries(tls).map(([name, path]) => `${name} = "${path}"`);
  write(
    'temporal.toml',
    `[profile.production]\naddress = "${address}"\nnamespace = "default"\n[profile.production.tls]\n${lines.join('\n')}\n`,
  );
  write('keys', `k1 ${randomBytes(32).toString('base64')}\n`);
  rewriteConfig({ profile: 'production', profilesFile: './temporal.toml', encryption: { keysFile: './keys' } });
}, 60_000);

afterAll(async () => {
  await bed.destroy();
  await new Promise((closed) => front.close(closed));
});

test('a file is counted through it, and what Temporal stores does not name the file', async () => {
  await tallyline('setup');
  await bed.startWorker();
  writeFileSync(join(bed.incoming, SECRET), 'a 1\nb 2\n');
  await tallyline('schedule', 'apply');
  await tallyline('schedule', 'trigger');
  const [row] = await bed.untilDone(1);
  expect(row).toMatchObject({ sourceKey: SECRET, state: 'in' });
  const [scan] = await scans();
  for (const workflowId of [`file:${PIPELINE}:${row!.fileId}:${row!.version}`, scan!]) {
    const history = await eventually('the end of the workflow', async () => {
      const found = await fetchHistory(bed.client, workflowId);
      return found.events?.some((event) => event.workflowExecutionCompletedEventAttributes) === true ? found : undefined;
    });
    const encodings = encodingsIn(history);
    expect(encodings.length).toBeGreaterThan(1);
    expect(new Set(encodings)).toEqual(new Set(['binary/encrypted']));
  }
}, 120_000);

test('what somebody starts without the keys is refused, and does nothing', async () => {
  const handle = await bed.startScan();
  const failure = await eventually('the refusal', async () => {
    const { events } = await fetchHistory(bed.client, handle.workflowId);
    return events?.map((event) => event.workflowTaskFailedEventAttributes?.failure).find(Boolean);
  });
  expect(JSON.stringify(failure)).toContain('is not encrypted');
  await handle.terminate();
}, 60_000);

test('without its certificate nobody gets in, and a profile that is not there is an error that says so', async () => {
  rewriteConfig({ profile: 'nobody' });
  await expect(tallyline('schedule', 'show')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('nobody') });
  const text = readFileSync(join(bed.folder, 'temporal.toml'), 'utf8');
  writeFileSync(join(bed.folder, 'temporal.toml'), text.replace(/client_.*\n/g, ''));
  rewriteConfig({ profile: 'production' });
  await expect(tallyline('schedule', 'show')).rejects.toMatchObject({ stderr: expect.stringContaining('temporal_unavailable') });
}, 60_000);

async function scans(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of bed.client.workflow.list({ query: `WorkflowType = 'scanWorkflow'` })) ids.push(workflowId);
  return ids.filter((id) => id.includes(SOURCE_ID));
}

/** Of every payload in it. Temporal searches by search attributes, which are not encrypted: docs/guides/temporal.md says so. */
function encodingsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const encoding = (value as { metadata?: { encoding?: unknown } | null }).metadata?.encoding;
  if (encoding instanceof Uint8Array) return [Buffer.from(encoding).toString()];
  return Object.entries(value).flatMap(([name, member]) => (name === 'searchAttributes' ? [] : encodingsIn(member)));
}

function rewriteConfig(temporal: Record<string, unknown>): void {
  const config = parse(readFileSync(bed.configPath, 'utf8')) as { temporal: Record<string, unknown> };
  const { address: _, ...before } = config.temporal;
  writeFileSync(bed.configPath, stringify({ ...config, temporal: { ...before, ...temporal } }));
}

async function tallyline(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [BIN, ...args, '--config', bed.configPath], { timeout: 60_000 })).stdout;
}
