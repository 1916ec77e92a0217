/** Ends other processes when this one dies, however that happens: its end of a pipe closes. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';

/** $0 is the folder that goes with them, and "$@" becomes what was mounted, which is not removed with it. */
const SCRIPT = `
pids=
while read -r what rest; do
  case $what in pids) pids=$rest ;; mount) set -- "$@" "$rest" ;; esac
done
[ -z "$pids" ] || kill -KILL $pids
for mount; do umount -l "$mount"; done
for tries in 1 2 3 4 5; do rm -rf --one-file-system "$0" && break; sleep 1; done
`;

export class ProcessGuard {
  private readonly guard: ChildProcess;
  private readonly pipe: Writable;

  constructor(folder: string) {
    this.guard = spawn('sh', ['-c', SCRIPT, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.pipe = this.guard.stdin as Writable;
    this.guard.unref();
    (this.pipe as unknown as { unref(): void }).unref();
  }

  /** Only these: a pid that has ended may be another's soon. */
  watch(pids: readonly number[]): void {
    this.pipe.write(`pids ${pids.join(' ')}\n`);
  }

  watchMount(folder: string): void {
    this.pipe.write(`mount ${folder}\n`);
  }

  /** Whoever ends everything in good order has no need of it. */
  release(): void {
    this.guard.kill('SIGKILL');
  }
}
