import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { PostgresPool } from '../../../src/sinks/postgres-pool';

/** A message of the server: a letter, the length of what follows with itself, the body. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const SHUTDOWN = message('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'));

/** Lets everybody in and ends the connection in the same breath, as a server that is killed at that moment may. */
async function startDyingServer(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, SHUTDOWN])));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

test('a server that ends a connection in the moment of handing it out is a sink that is unavailable, and not the end of the process', async () => {
  const server = await startDyingServer();
  const { port } = server.address() as AddressInfo;
  const pool = new PostgresPool({
    kind: 'postgres',
    hosts: [{ host: '127.0.0.1', port }],
    database: 'usage',
    user: 'tallyline',
    schema: 'tallyline',
    tls: { mode: 'disable' },
    connections: 1,
  });
  await expect(pool.begin('change')).rejects.toMatchObject({ code: 'sink_unavailable' });
  await pool.end();
  server.close();
});
