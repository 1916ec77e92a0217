/**
 * A small world around a sink: an emitter, scans, file workflows and their zombies, an operator, and faults. It chooses what happens
 * next; what the sink makes of it is judged from outside, by the contents and the promises that the world knows.
 */
import { isTerminal } from '../../src/core/file-row';
import type { Policies } from '../../src/core/policies';
import { PIPELINE } from '../contract/sink-driver';
import { someFault, type PlannedFault } from './faulty-store';
import { Interference } from './interference';
import { KnownFiles } from './known-files';
import { isIn } from './knowledge';
import { tell } from './operation';
import { pick, pickWeighted, type Random } from './random-choice';
import type { Tally } from './tally';
import { WatchedSink, type SinkOpener } from './watched-sink';
import { Workflows, type Run } from './workflows';

const ROUNDS_MAX = 40;
/** What may keep a file out of the totals when no fault ever strikes it again. */
const LASTING_REASONS = [
  'new_generation',
  'duplicate_content',
  'generation_returned',
  'reject_budget',
  'sum_overflow',
  'total_overflow',
] as const;

export class World {
  private constructor(
    private readonly random: Random,
    private readonly files: KnownFiles,
    readonly watched: WatchedSink,
    private readonly workflows: Workflows,
    private readonly others: Interference,
    private readonly tally: Tally,
  ) {}

  static async create(random: Random, opener: SinkOpener, tally: Tally): Promise<World> {
    const policies: Policies = {
      changedFile: pick(random, ['quarantine', 'supersede', 'count-new'] as const),
      duplicateContent: pick(random, ['quarantine', 'count'] as const),
      unterminatedLastLine: 'quarantine',
      rejects: {},
    };
    const files = new KnownFiles(random);
    for (let number = Math.floor(random() * 4); number > 0; number -= 1) files.emit();
    const watched = await WatchedSink.open(opener, files, policies, tally);
    return new World(random, files, watched, new Workflows(random, files), new Interference(random, files, watched), tally);
  }

  /** What can do nothing now is mostly passed over. */
  async step(): Promise<void> {
    const isCounted = this.watched.rows.some(({ state }) => state === 'counted');
    const isIdle = this.workflows.running.length === 0;
    const happen = pickWeighted<() => Promise<unknown>>(this.random, [
      [3, () => this.emit()],
      [0.5, () => this.putBack()],
      [isIdle ? 4 : 0.5, () => this.scan(this.someFault())],
      [isIdle ? 0 : 24, () => this.advance(this.workflows.running, this.someFault())],
      [this.workflows.zombies.length === 0 ? 0 : 4, () => this.advanceZombie()],
      [2, () => this.others.writeLate()],
      [isCounted ? 6 : 0.5, () => this.watched.perform({ kind: 'apply' }, someFault(this.random, 0.3))],
      [1, () => this.startTwice()],
      [2, () => this.others.correct('retract', isIn)],
      [4, () => this.others.correct('recount', ({ state }) => isTerminal(state) && state !== 'quarantined')],
      [2, () => this.others.correct('release', ({ state }) => state === 'quarantined')],
      [2, () => this.others.failReading()],
      [1, () => this.others.contradict()],
      [1.5, () => this.others.damage()],
      [this.watched.isStopped ? 4 : 0.5, () => this.others.stopOrResume()],
      [0.7, async () => this.loseTemporal()],
      [0.15, () => this.loseSink()],
    ]);
    await happen();
  }

  /** Nothing new happens: everything comes to an end. Then the operator puts right what went wrong, and it does so again. */
  async settle(): Promise<void> {
    this.watched.log.push('settle');
    await this.driveToEnd();
    this.others.repairDisk();
    if (await this.putRight()) await this.driveToEnd();
    this.watched.log.push('settled');
    for (const { reason, sourceKey } of this.watched.rows) {
      if (reason !== null && !LASTING_REASONS.some((lasting) => lasting === reason))
        throw new Error(`${sourceKey} stays set aside as ${reason} although nothing is wrong any more`);
    }
  }

  private async putRight(): Promise<boolean> {
    let isPutRight = false;
    for (const { state, fileId, version } of this.watched.rows) {
      const isAgain = state !== 'quarantined' && (state === 'out' || this.random() < 0.3);
      if (!isAgain && state !== 'quarantined') continue;
      const answer = await this.watched.perform({ kind: isAgain ? 'recount' : 'release', fileId, version });
      isPutRight ||= answer?.outcome === 'done';
    }
    return isPutRight;
  }

  /** The story of this world, for a report. */
  tell(): string {
    const told = this.watched.log.map((entry) => (typeof entry === 'string' ? entry : tell(entry, (fileId) => this.files.nameOf(fileId))));
    return [JSON.stringify(this.watched.policies), ...told].join(', ');
  }

  private async driveToEnd(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      if (this.watched.isStopped) await this.watched.perform({ kind: 'resume' });
      await this.scan();
      for (const run of this.workflows.waiting) await this.advanceRun(run);
      for (let turn = 0; turn < 30 && this.workflows.busy.length > 0; turn += 1) await this.advance(this.workflows.busy);
      await this.watched.perform({ kind: 'apply' });
      if (this.watched.rows.every(({ state }) => isTerminal(state))) return await this.checkEnd();
    }
    const rows = this.watched.rows.map((row) => `${row.sourceKey} ${row.state} v${row.version}`);
    throw new Error(`never settles: ${rows.join(', ')}`);
  }

  /** Every file that is not in is said to be left out, unless its content, or a later generation, stands for it. */
  private async checkEnd(): Promise<void> {
    const { sink } = this.watched.driver;
    const mismatches = await sink.verify({ pipeline: PIPELINE });
    if (mismatches.length > 0) throw new Error(`verify finds ${JSON.stringify(mismatches)}`);
    const { leftOut } = await sink.readStatus({ pipeline: PIPELINE });
    const said = leftOut.reduce((sum, { files }) => sum + files, 0);
    const out = this.watched.rows.filter(({ state, inVersion }) => inVersion === null && (state === 'quarantined' || state === 'out'));
    if (said !== out.length) throw new Error(`${said} files are said to be left out, expected ${out.length}`);
  }

  private async emit(): Promise<void> {
    this.files.emit();
    await this.scan(this.someFault());
  }

  /** Somebody restores an old generation. */
  private async putBack(): Promise<void> {
    const row = this.others.someRow(({ state }) => state === 'superseded');
    if (row !== undefined) this.files.putBack(row);
    await this.scan(this.someFault());
  }

  private async scan(fault?: PlannedFault): Promise<void> {
    const answer = await this.watched.perform({ kind: 'scan' }, fault);
    this.workflows.start(answer?.toStart ?? []);
  }

  /** One step of one workflow, which ends when the sink says so. */
  private async advance(runs: readonly Run[], fault?: PlannedFault): Promise<string | undefined> {
    if (runs.length === 0) return undefined;
    return await this.advanceRun(pick(this.random, runs), fault);
  }

  private async advanceRun(run: Run, fault?: PlannedFault): Promise<string | undefined> {
    const operation = await this.workflows.next(run, this.watched.driver.sink);
    const answer = await this.watched.perform(operation, fault);
    const row = this.watched.rows.find(({ fileId }) => fileId === run.fileId);
    this.workflows.follow(run, operation, { answer, isCounted: row?.state === 'counted' });
    await this.others.damageAgain(run, operation);
    return answer?.outcome;
  }

  private async advanceZombie(): Promise<void> {
    if ((await this.advance(this.workflows.zombies, this.someFault())) === 'fenced') this.tally.event('zombie fenced');
  }

  private async startTwice(): Promise<void> {
    this.workflows.startTwice();
    if (this.workflows.running.length > 0) this.tally.event('second start');
  }

  private async loseSink(): Promise<void> {
    this.others.repairDisk();
    await this.watched.lose();
  }

  private loseTemporal(): void {
    this.watched.log.push('Temporal lost');
    this.tally.event('Temporal lost');
    this.workflows.lose();
  }

  private someFault(): PlannedFault | undefined {
    return someFault(this.random);
  }
}
