/** A connection between a sink and its server that can be cut at a commit: before the server hears of it, or after it has answered. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Cut = 'before the commit' | 'after the commit' | 'silence after the commit';

/** READ COMMITTED is no commit. */
const COMMIT = '; COMMIT';

export class CuttingProxy {
  /** Strikes the next commit that passes, once. */
  cut: Cut | undefined;
  cuts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {}

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, targetPort);
    server.on('connection', (client) => proxy.join(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return address.port;
  }

  /** Cuts everything that passes now. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const target = connect(this.targetPort, '127.0.0.1');
    let isSilent = false;
    let isDoomed = false;
    const end = () => {
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.sockets.delete(socket);
        if (!isSilent) end();
      });
    }
    client.on('data', (data) => {
      const cut = data.includes(COMMIT) ? this.takeCut() : undefined;
      if (cut === 'before the commit') return end();
      isDoomed = cut === 'after the commit';
      isSilent = cut === 'silence after the commit';
      target.write(data);
    });
    target.on('data', (data) => {
      // The answer is there, so that the commit is done, and nobody hears of it.
      if (isDoomed) end();
      else if (!isSilent) client.write(data);
    });
  }

  private takeCut(): Cut | undefined {
    const { cut } = this;
    this.cut = undefined;
    if (cut !== undefined) this.cuts += 1;
    return cut;
  }
}
