/**
 * Stands between an S3 client and its storage, lets everything pass as it is, and can be told what goes wrong with which request.
 * Signatures stay good: the Host header is the one that the client sent and signed.
 */
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeS3Request,
  type S3Answer,
  type S3Asked,
  type S3ClientSide,
  type S3Fault,
  type S3PassingRequest,
  type S3RequestKind,
} from './s3-fault';
import { signS3Request, type S3Credentials } from './s3-signature';

export interface FaultChoice {
  readonly kind?: S3RequestKind;
  readonly when?: (request: S3PassingRequest) => boolean;
  /** Without it until it is lifted. */
  readonly times?: number;
}

/** A fault that strikes. The first one that a request fits is the only one that it meets. */
export class InjectedFault {
  strikes = 0;
  private isLifted = false;

  constructor(
    readonly fault: S3Fault,
    private readonly choice: FaultChoice,
  ) {}

  lift(): void {
    this.isLifted = true;
  }

  fits(request: S3PassingRequest): boolean {
    const { kind = request.kind, when = () => true, times = Infinity } = this.choice;
    return !this.isLifted && this.strikes < times && kind === request.kind && when(request);
  }
}

/** Headers of one connection; the other one has its own. */
const OF_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'expect'];

export class S3FaultProxy {
  /** Requests that came, whatever became of them. */
  readonly requests: Record<S3RequestKind, number> = { list: 0, head: 0, get: 0, other: 0 };
  private readonly injected: InjectedFault[] = [];
  private lastPage: S3Answer | undefined;

  private constructor(
    private readonly server: Server,
    private readonly origin: URL,
    private readonly credentials: S3Credentials,
  ) {}

  /** The credentials sign what a fault asks for in place of the client. */
  static async start(origin: string, credentials: S3Credentials): Promise<S3FaultProxy> {
    const server = createServer();
    const proxy = new S3FaultProxy(server, new URL(origin), credentials);
    server.on('request', (incoming, response) => void proxy.pass(incoming, response).catch(() => response.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  inject(fault: S3Fault, choice: FaultChoice = {}): InjectedFault {
    const injected = new InjectedFault(fault, choice);
    this.injected.push(injected);
    return injected;
  }

  /** The storage is whole again. */
  liftAll(): void {
    for (const injected of this.injected.splice(0)) injected.lift();
  }

  /** Cuts what is under way. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = describeS3Request(incoming.method ?? '', incoming.url ?? '', incoming.headers);
    this.requests[request.kind] += 1;
    const fault = this.strike(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const client: S3ClientSide = { connection: incoming.socket, gone: gone.signal };
    if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal: gone.signal });
    const instead = fault.instead?.(request, client, this.lastPage);
    if (instead === null) return;
    if (instead !== undefined) {
      incoming.resume();
      answerWhole(response, instead, request.method);
      return;
    }
    const answer = await this.ask(incoming, request, fault, client);
    if (request.kind === 'list') await this.passPage(answer, response, fault);
    else await passBody(answer, response, fault, client);
  }

  private strike(request: S3PassingRequest): S3Fault {
    const injected = this.injected.find((candidate) => candidate.fits(request));
    if (injected === undefined) return {};
    injected.strikes += 1;
    return injected.fault;
  }

  /** Each request has a connection of its own to the storage, so that none fails because an idle one was closed. */
  private async ask(incoming: IncomingMessage, request: S3PassingRequest, fault: S3Fault, client: S3ClientSide): Promise<IncomingMessage> {
    const { method } = request;
    const { target: path, headers } = fault.ask === undefined ? request : this.signed(method, fault.ask(request));
    const { hostname: host, port } = this.origin;
    const options = { host, port, method, path, headers: without(headers, OF_CONNECTION), agent: false, signal: client.gone };
    const outgoing = httpRequest(options);
    incoming.pipe(outgoing);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  }

  private signed(method: string, { target, headers }: S3Asked): S3Asked {
    const signature = signS3Request({ method, host: headers.host ?? '', target }, this.credentials);
    return { target, headers: { ...headers, ...signature } };
  }

  private async passPage(answer: IncomingMessage, response: ServerResponse, fault: S3Fault): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const xml = Buffer.concat(chunks).toString();
    const page = { ...headOf(answer, fault), body: fault.page?.(xml) ?? xml };
    this.lastPage = page;
    answerWhole(response, page, 'GET');
  }
}

function answerWhole(response: ServerResponse, { status, headers, body }: S3Answer, method: string): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}

async function passBody(answer: IncomingMessage, response: ServerResponse, fault: S3Fault, client: S3ClientSide): Promise<void> {
  const { status, headers } = headOf(answer, fault);
  response.writeHead(status, headers);
  response.flushHeaders();
  const chunks = answer as AsyncIterable<Buffer>;
  for await (const chunk of fault.body?.(chunks, client) ?? chunks) {
    await new Promise<void>((resolve, reject) => response.write(chunk, (error) => (error ? reject(error) : resolve())));
  }
  response.end();
}

function headOf(answer: IncomingMessage, fault: S3Fault) {
  const head = { status: answer.statusCode ?? 0, headers: without(answer.headers, OF_CONNECTION) };
  return fault.head?.(head) ?? head;
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
