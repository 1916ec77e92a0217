import { statfsSync } from 'node:fs';
import { TallylineFailure } from '../core/failures';

/**
 * File systems on which SQLite's locks or its shared memory do not hold between hosts, by the magic number of statfs(2):
 * the numbers of the man page and of linux/magic.h; those of Lustre, GPFS and BeeGFS are their projects' own.
 */
const SHARED_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x0bd00bd0, 'Lustre'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x786f4256, 'VirtualBox shared folder'],
]);

/** Throws sink_refused when `folder` lies on a file system that several hosts may share. */
export function refuseSharedFileSystem(folder: string, readMagic: (folder: string) => number = (path) => statfsSync(path).type): void {
  const magic = readMagic(folder) >>> 0;
  const name = SHARED_FILE_SYSTEMS.get(magic);
  if (name !== undefined)
    throw new TallylineFailure('sink_refused', `${folder} lies on ${name}, a file system that other hosts may use too`);
}
