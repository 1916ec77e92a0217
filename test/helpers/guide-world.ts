/** What the tests of the guides share: one Temporal server, and which pages were followed. */
import { runGuide, type GuideRun } from './guide-run';
import { GuideShell } from './guide-shell';

/** For `until` where only the end matters: it is run again until it ends with 0. */
export const ANYTHING = /(?:)/;
export const WORKER_READY = /worker is ready/;

export class GuideWorld {
  readonly followed = new Set<string>();
  private readonly shells: GuideShell[] = [];
  private server: { readonly address: string; readonly shell: GuideShell } | undefined;

  /** Its commands reach no server unless the environment names one. */
  async newShell(environment: Record<string, string> = {}): Promise<GuideShell> {
    const shell = await GuideShell.create(environment);
    this.shells.push(shell);
    return shell;
  }

  async follow(run: GuideRun): Promise<void> {
    this.followed.add(run.page);
    await runGuide(run);
  }

  /** The folder in which `up` of the README runs, which serves everybody. */
  get serving(): GuideShell {
    return this.found.shell;
  }

  get address(): string {
    return this.found.address;
  }

  async serveAt(address: string): Promise<GuideShell> {
    const shell = await this.newShell({ TEMPORAL_ADDRESS: address, TEMPORAL_CLI_ADDRESS: address });
    this.server = { address, shell };
    return shell;
  }

  /** The server goes last. */
  async destroy(): Promise<void> {
    for (const shell of [...this.shells].reverse()) if (shell !== this.server?.shell) await shell.destroy();
    await this.server?.shell.destroy();
  }

  private get found() {
    if (this.server === undefined) throw new Error('nothing serves yet: the guides that a server is needed for come after the README');
    return this.server;
  }
}
