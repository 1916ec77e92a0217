/** Where a cluster lies: its folder, its addresses on loopback, and the key that its parts know each other by. */
import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { freePort } from './free-port';
import { newServerFolder } from './server-folder';

export interface CephPlace {
  readonly folder: string;
  readonly clusterId: string;
  readonly monitorAddress: string;
  readonly gatewayPort: number;
  /** One for every daemon and client of the cluster. */
  readonly key: string;
}

/** More than the disk can grow to. */
const MEMORY_BYTES_MIN = 6 * 1024 ** 3;
/** The path of a socket has at most 107 characters, and the daemons add theirs. */
const FOLDER_CHARACTERS_MAX = 77;

export async function newCephPlace(): Promise<CephPlace> {
  const folder = newServerFolder('ceph', MEMORY_BYTES_MIN);
  if (folder.length > FOLDER_CHARACTERS_MAX) {
    rmSync(folder, { recursive: true });
    throw new Error(`the path ${folder} is too long for the sockets of Ceph: set TMPDIR to a shorter one`);
  }
  const monitorAddress = `[v2:127.0.0.1:${await freePort()}]`;
  return { folder, clusterId: randomUUID(), monitorAddress, gatewayPort: await freePort(), key: newKey() };
}

/** As ceph-authtool makes them: kind, time and length of the secret, then the secret. */
function newKey(): string {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(1, 0);
  head.writeUInt32LE(Math.floor(Date.now() / 1000), 2);
  head.writeUInt16LE(16, 10);
  return Buffer.concat([head, randomBytes(16)]).toString('base64');
}
