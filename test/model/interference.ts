/** What happens to a sink beside its workflows: an operator, attempts that are late or wrong, and a disk that fails. */
import { isTerminal } from '../../src/core/file-row';
import type { FileRow } from '../../src/sinks/sink';
import { FOREIGN_PARTIAL } from './contents';
import { someFault, type PlannedFault } from './faulty-store';
import type { KnownFiles } from './known-files';
import { isIn } from './knowledge';
import type { Operation } from './operation';
import { pick, pickAny, type Random } from './random-choice';
import type { WatchedSink } from './watched-sink';
import type { Run } from './workflows';

const READING_FAULTS = ['changed', 'vanished', 'unreadable', 'worker_lost', 'cancelled'] as const;

export class Interference {
  /** What is stored of this file is damaged again and again, after steps of this kind. */
  private badDisk: { readonly fileId: string; readonly after: Operation['kind'] } | undefined;

  constructor(
    private readonly random: Random,
    private readonly files: KnownFiles,
    private readonly watched: WatchedSink,
  ) {}

  /** An attempt of another version, or of another plan, comes late with its partial or its end. */
  async writeLate(): Promise<void> {
    const row = this.someRow(isUnderWay);
    if (row === undefined) return;
    const version = Math.floor(this.random() * (row.version + 1));
    const { planDigest, partials } = pick(this.random, this.files.contentOf(row).plans);
    const partial = this.random() < 0.7 ? pickAny(this.random, partials) : undefined;
    const target = { fileId: row.fileId, version, planDigest };
    const operation: Operation = partial ? { kind: 'putPartial', ...target, partial } : { kind: 'markCounted', ...target };
    await this.watched.perform(operation, this.someFault());
  }

  async correct(kind: 'retract' | 'recount' | 'release', isFitting: (row: FileRow) => boolean): Promise<void> {
    const row = this.someRow(isFitting);
    if (row === undefined) return;
    // Now and then by an operator who has not seen the newest version.
    const version = row.version - (this.random() < 0.1 ? 1 : 0);
    await this.watched.perform({ kind, fileId: row.fileId, version }, this.someFault());
  }

  /** An attempt finds that its source fails, and may be late with it. */
  async failReading(): Promise<void> {
    const row = this.someRow((each) => isUnderWay(each) || each.state === 'in');
    if (row === undefined) return;
    const version = row.version - (this.random() < 0.2 ? 1 : 0);
    const operation: Operation = { kind: 'quarantine', fileId: row.fileId, version, reason: pick(this.random, READING_FAULTS) };
    await this.watched.perform(operation, this.someFault());
  }

  /** An attempt comes with another result than the one before it. */
  async contradict(): Promise<void> {
    const row = this.someRow(({ planDigest }) => planDigest !== null);
    if (row?.planDigest == null) return;
    const { fileId, version, planDigest } = row;
    await this.watched.perform({ kind: 'putPartial', fileId, version, planDigest, partial: FOREIGN_PARTIAL }, this.someFault());
  }

  async damage(): Promise<void> {
    const row = this.someRow(isUnderWay);
    if (row === undefined) return;
    const { fileId, version } = row;
    this.badDisk = { fileId, after: pick(this.random, ['putPartial', 'markCounted'] as const) };
    await this.watched.perform({ kind: 'damage', fileId, version, isGone: this.random() < 0.5 }, this.someFault());
  }

  async damageAgain({ fileId, version }: Run, { kind }: Operation): Promise<void> {
    if (this.badDisk?.fileId !== fileId || this.badDisk.after !== kind || this.random() < 0.2) return;
    await this.watched.perform({ kind: 'damage', fileId, version, isGone: this.random() < 0.5 });
  }

  async stopOrResume(): Promise<void> {
    await this.watched.perform({ kind: this.watched.isStopped ? 'resume' : 'stop' }, this.someFault());
  }

  /** Mostly one that the operation can do something with, and rather one whose earlier version is in. */
  someRow(isFitting: (row: FileRow) => boolean): FileRow | undefined {
    if (this.random() < 0.2) return pickAny(this.random, this.watched.rows);
    const fitting = this.watched.rows.filter(isFitting);
    const recounting = fitting.filter((row) => isIn(row) && row.state !== 'in');
    return pickAny(this.random, recounting.length > 0 ? recounting : fitting);
  }

  repairDisk(): void {
    this.badDisk = undefined;
  }

  private someFault(): PlannedFault | undefined {
    return someFault(this.random);
  }
}

function isUnderWay({ state }: FileRow): boolean {
  return !isTerminal(state);
}
