/** A CephFS that is mounted at a folder: an ordinary file system of this machine as long as its cluster answers. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CephDaemon } from './ceph-daemon';

const UNMOUNT_MS_MAX = 10_000;

export class CephMount {
  private readonly daemon: CephDaemon;

  constructor(
    readonly folder: string,
    args: readonly string[],
    logFile: string,
    onChange: () => void,
  ) {
    const isReady = async () => (await stat(folder)).dev !== (await stat(dirname(folder))).dev;
    this.daemon = new CephDaemon({ program: 'ceph-fuse', args: [...args, folder], logFile, isReady, onChange });
  }

  get pid(): number | undefined {
    return this.daemon.pid;
  }

  async start(): Promise<void> {
    if (!existsSync('/dev/fuse'))
      throw new Error('CephFS cannot be mounted here: there is no /dev/fuse (in a container: --device /dev/fuse)');
    await this.daemon.start();
  }

  /** Its process dies: what looks below the folder gets ENOTCONN. */
  async kill(): Promise<void> {
    await this.daemon.kill();
  }

  /** Files that are still open do not hold it up. */
  async stop(): Promise<void> {
    try {
      execFileSync('umount', ['-l', this.folder], { stdio: 'ignore', timeout: UNMOUNT_MS_MAX });
    } catch {
      // It was not mounted.
    }
    await this.daemon.kill();
  }
}
