/**
 * A small world around a sink: an emitter, scans, file workflows and their zombies, an operator, and faults. What the sink must keep
 * is judged from outside: by the contents, which the world knows, and by the ledger. No rule of the product is used for that.
 */
import { TallylineFailure } from '../../src/core/failures';
import { isTerminal } from '../../src/core/file-row';
import type { Plan } from '../../src/core/plan';
import type { Policies } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import type { FileRow } from '../../src/sinks/sink';
import type { Store } from '../../src/sinks/store';
import { MEANING, PIPELINE, SinkDriver, SOURCE, testFile, type TestFile } from '../contract/sink-driver';
import { countedContent, type CountedContent } from '../helpers/counted-content';
import { Crash, FaultyStore, type Fault } from './faulty-store';

type Random = () => number;

const BIG = 2n ** 62n;
/** Few, so that contents meet again; the sums of two of them leave 64 bits. */
const LINES = [
  [
    ['a', 1n],
    ['b', 2n],
    ['a', 3n],
  ],
  [
    ['a', 10n],
    ['c', 5n],
  ],
  [
    ['b', 7n],
    ['b', 8n],
    ['d', 1n],
    ['a', 1n],
  ],
  [
    ['e', BIG],
    ['a', 2n],
  ],
  [
    ['e', BIG - 1n],
    ['e', 1n],
    ['c', 2n],
  ],
  [],
] as const;
/** Of each content two plans: a recount may cut it otherwise, and put it into another period. */
const CONTENTS: readonly (readonly CountedContent[])[] = LINES.map((lines) => [
  countedContent(lines),
  countedContent(lines, { cutAt: 1, period: '2026-11' }),
]);
const SOURCE_KEYS = ['x', 'y', 'z'];
const GENERATIONS_MAX = 3;
const ROUNDS_MAX = 40;

interface Run {
  readonly file: TestFile;
  readonly version: number;
  plan: { readonly plan: Plan; readonly planDigest: string } | null;
}

export class World {
  driver: SinkDriver;
  private store: FaultyStore;
  /** What is listed now, and every generation that ever was. */
  private readonly listed = new Map<string, TestFile>();
  private readonly everything = new Map<string, { readonly file: TestFile; readonly contentIndex: number }>();
  private runs: Run[] = [];
  private zombies: Run[] = [];
  /** sourceKeys on which the world itself did what may rightly keep a file out. */
  private disturbed = new Set<string>();
  private readonly retracted = new Set<string>();
  private readonly periods = new Map<string, string>();
  readonly log: string[] = [];

  private constructor(
    private readonly random: Random,
    private readonly policies: Policies,
    private readonly openStore: () => Store,
  ) {
    this.store = new FaultyStore(openStore());
    this.driver = new SinkDriver(new LedgerSink(this.store), policies);
  }

  static async create(random: Random, openStore: () => Store): Promise<World> {
    const policies: Policies = {
      changedFile: pick(random, ['quarantine', 'supersede', 'count-new'] as const),
      duplicateContent: pick(random, ['quarantine', 'count'] as const),
      unterminatedLastLine: 'quarantine',
      rejects: {},
    };
    const world = new World(random, policies, openStore);
    world.log.push(JSON.stringify(policies));
    await world.driver.sink.ensurePipeline(MEANING);
    return world;
  }

  async step(): Promise<void> {
    const [name, action] = pickWeighted<() => Promise<unknown>>(this.random, [
      [4, 'emit', () => this.emit()],
      [5, 'scan', () => this.scan()],
      [16, 'run', () => this.advance(this.runs)],
      [4, 'zombie', () => this.advance(this.zombies)],
      [6, 'apply', () => this.driver.apply()],
      [1, 'duplicate start', () => this.startTwice()],
      [1, 'retract', () => this.correct('retract')],
      [2, 'recount', () => this.correct('recount')],
      [1, 'release', () => this.correct('release')],
      [1, 'disturb', () => this.disturb()],
      [1, 'damage', () => this.damage()],
      [1, 'stop or resume', () => this.stopOrResume()],
      [1, 'Temporal lost', () => this.loseTemporal()],
      [0.3, 'sink lost', () => this.loseSink()],
    ]);
    this.log.push(name);
    if (this.random() < 0.15) this.store.fault = { fault: this.someFault(), skip: this.random() < 0.2 ? 1 : 0 };
    await this.tolerate(action);
    this.store.fault = undefined;
    this.driver.nowMs += 1;
    await this.check();
  }

  /** Faults are over: whatever is listed is scanned, started and applied until nothing moves any more. */
  async settle(): Promise<void> {
    this.log.push('settle');
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await this.driver.sink.resume({ pipeline: PIPELINE, ...this.driver.by() });
      await this.scan();
      for (let turn = 0; turn < 30 && this.runs.length > 0; turn += 1) await this.advance(this.runs);
      await this.driver.apply();
      await this.check();
      const rows = await this.rows();
      if (rows.length >= this.listed.size && rows.every(({ state }) => isTerminal(state))) return await this.checkSettled(rows);
    }
    const rows = await this.rows();
    throw new Error(`never settles: ${rows.map((row) => `${row.sourceKey} ${row.state} v${row.version}`).join(', ')}`);
  }

  private async emit(): Promise<void> {
    const sourceKey = pick(this.random, SOURCE_KEYS);
    const number = Math.floor(this.random() * GENERATIONS_MAX);
    const id = `${sourceKey}/${number}`;
    const contentIndex = this.everything.get(id)?.contentIndex ?? Math.floor(this.random() * CONTENTS.length);
    const file = testFile(sourceKey, CONTENTS[contentIndex]![0]!, `g${number}`);
    // A generation that comes back is the same file as before.
    this.everything.set(id, { file, contentIndex });
    this.listed.set(sourceKey, file);
    await this.scan();
  }

  private async scan(): Promise<void> {
    await this.driver.register(...this.listed.values());
    const ask = { pipeline: PIPELINE, sourceId: SOURCE, afterSequence: 0, windowFiles: 100, limitFiles: 100 };
    const counting = await this.driver.sink.filesToStart({ ...ask, state: 'counting' });
    const seen = await this.driver.sink.filesToStart({ ...ask, state: 'seen' });
    const files = [...counting.files, ...seen.files];
    for (const { fileId, version } of files) {
      const isRunning = this.runs.some((run) => run.file.fileId === fileId && run.version === version);
      if (!isRunning) this.runs.push({ file: this.fileOf(fileId), version, plan: null });
    }
  }

  /** One step of one workflow, which ends when the sink says so. */
  private async advance(runs: Run[]): Promise<void> {
    if (runs.length === 0) return;
    const run = pick(this.random, runs);
    if (!(await this.advanceRun(run))) runs.splice(runs.indexOf(run), 1);
  }

  private async advanceRun(run: Run): Promise<boolean> {
    const { sink, nowMs } = this.driver;
    const target = { fileId: run.file.fileId, version: run.version };
    const contents = CONTENTS[this.contentIndexOf(run.file)]!;
    if (run.plan === null) {
      const { plan, planDigest } = pick(this.random, contents);
      const admitted = await sink.admit({ ...target, plan, planDigest, meaning: MEANING, policies: this.policies, nowMs });
      if (admitted.outcome !== 'counting') return false;
      run.plan = admitted;
      return true;
    }
    const { planDigest } = run.plan;
    const content = contents.find((candidate) => candidate.planDigest === planDigest)!;
    const stored = await sink.storedSplits({ ...target, planDigest });
    const missing = content.partials.find(({ splitIndex }) => !stored.includes(splitIndex));
    const partial = missing ?? (this.random() < 0.2 ? content.partials[0] : undefined);
    if (partial) {
      const put = await sink.putPartial({ ...target, planDigest, ...partial, nowMs });
      return put === 'stored' || put === 'already';
    }
    const marked = await sink.markCounted({ ...target, planDigest, policies: this.policies, nowMs });
    return marked.outcome === 'incomplete';
  }

  private async startTwice(): Promise<void> {
    if (this.runs.length > 0) this.runs.push({ ...pick(this.random, this.runs), plan: null });
  }

  private async correct(name: 'retract' | 'recount' | 'release'): Promise<void> {
    const row = await this.someRow();
    if (row === undefined) return;
    // The answer may be lost: what may have happened counts as happened.
    if (name === 'retract') this.retracted.add(row.fileId);
    if (name !== 'release') this.disturbed.add(row.sourceKey);
    await this.driver.sink[name]({ fileId: row.fileId, ...this.driver.by() });
  }

  /** A data fault, or a counter that gave another result. */
  private async disturb(): Promise<void> {
    const row = await this.someRow();
    if (row === undefined) return;
    this.disturbed.add(row.sourceKey);
    const { fileId, version, planDigest } = row;
    const { blob, digest } = CONTENTS[1]![1]!.partials[0]!;
    const isConflict = this.random() < 0.5 && planDigest !== null;
    if (isConflict)
      await this.driver.sink.putPartial({ fileId, version, planDigest, splitIndex: 0, blob, digest, nowMs: this.driver.nowMs });
    else await this.driver.sink.quarantine({ fileId, version, reason: 'changed', detail: 'a test', nowMs: this.driver.nowMs });
  }

  /** Partials vanish, or their bytes change. */
  private async damage(): Promise<void> {
    const row = await this.someRow();
    if (row === undefined) return;
    this.disturbed.add(row.sourceKey);
    const isChanged = this.random() < 0.5;
    await this.store.transaction(async (tx) => {
      const [partial] = await tx.blobs.partials([row]);
      if (partial === undefined) return;
      await tx.blobs.removePartials(row, [partial.splitIndex]);
      if (isChanged) await tx.blobs.insertPartial({ ...partial, blob: Uint8Array.of(1), entries: 1 });
    });
  }

  private async stopOrResume(): Promise<void> {
    await this.driver.sink[this.random() < 0.3 ? 'stop' : 'resume']({ pipeline: PIPELINE, ...this.driver.by() });
  }

  private async loseTemporal(): Promise<void> {
    this.zombies.push(...this.runs);
    this.runs = [];
  }

  private async loseSink(): Promise<void> {
    this.store.fault = undefined;
    await this.store.close();
    this.store = new FaultyStore(this.openStore());
    this.driver.sink = new LedgerSink(this.store);
    this.retracted.clear();
    this.periods.clear();
    this.disturbed.clear();
    await this.driver.sink.ensurePipeline(MEANING);
  }

  private async tolerate(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const isStopped = error instanceof TallylineFailure && error.code === 'pipeline_stopped';
      if (!(error instanceof Crash) && !isStopped) throw error;
    }
  }

  /** At every instant: each file at most once in the totals, which are the contents of exactly the files that the ledger holds. */
  private async check(): Promise<void> {
    const { sink } = this.driver;
    const ledger = await sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 10_000 });
    const held = new Map<string, number>();
    let isStopped = false;
    ledger.forEach(({ number, kind, fileId, version }, index) => {
      equal('ledger number', number, index + 1);
      if (kind === 'stopped' || kind === 'resumed') isStopped = kind === 'stopped';
      else if (kind !== 'note') equal('changes of the totals while stopped', Number(isStopped), 0);
      if (fileId === null || kind === 'note') return;
      if (kind === 'counted') held.set(fileId, version!);
      else held.delete(fileId);
    });
    const rows = await this.rows();
    const expected = new Map<string, [bigint, bigint]>();
    for (const { fileId, inVersion } of rows) {
      equal(`version of ${fileId} in the totals`, inVersion, held.get(fileId) ?? null);
      if (inVersion === null) continue;
      const period = await this.periodOf(fileId, inVersion);
      for (const [key, { sum, count }] of CONTENTS[this.contentIndexOf(this.fileOf(fileId))]![0]!.truth) {
        const [sumBefore, countBefore] = expected.get(period + key) ?? [0n, 0n];
        expected.set(period + key, [sumBefore + sum, countBefore + count]);
      }
    }
    const totals = [...expected].map(([key, [sum, count]]) => `${key}=${sum}/${count}`).sort();
    const found = Object.entries(await this.driver.totals()).map(([key, value]) => `${key}=${value}`);
    equal('totals', found.sort().join(' '), totals.join(' '));
    this.checkPolicies(rows.filter(({ inVersion }) => inVersion !== null));
  }

  private async periodOf(fileId: string, inVersion: number): Promise<string> {
    const id = `${fileId}:${inVersion}`;
    const known = this.periods.get(id);
    if (known !== undefined) return known;
    const contribution = await this.driver.sink.readContribution(fileId);
    equal('periods of a contribution', contribution.length, 1);
    const { period } = contribution[0]!;
    this.periods.set(id, period);
    return period;
  }

  private checkPolicies(rowsIn: readonly FileRow[]): void {
    const distinct = (values: readonly unknown[]) => new Set(values).size;
    // The same content under the same sourceKey is an alias, whatever the policies.
    const contents = rowsIn.map((row) => `${row.sourceKey}/${this.contentIndexOf(this.fileOf(row.fileId))}`);
    equal('contents of one sourceKey in', distinct(contents), rowsIn.length);
    if (this.policies.changedFile !== 'count-new')
      equal('generations in', distinct(rowsIn.map(({ sourceKey }) => sourceKey)), rowsIn.length);
    if (this.policies.duplicateContent === 'count') return;
    const billing = rowsIn.map(({ fileId }) => this.contentIndexOf(this.fileOf(fileId))).filter((index) => LINES[index]!.length > 0);
    equal('contents in', distinct(billing), billing.length);
  }

  /** Nothing is silently lost: what is not in is out, set aside with a reason, or stands behind a content or generation that is in. */
  private async checkSettled(rows: readonly FileRow[]): Promise<void> {
    expect(await this.driver.sink.verify({ pipeline: PIPELINE })).toEqual([]);
    for (const row of rows) {
      if (row.state === 'quarantined') expect(row.reason).not.toBeNull();
      if (row.state === 'out') expect(this.retracted).toContain(row.fileId);
    }
    for (const file of this.listed.values()) {
      const row = rows.find(({ fileId }) => fileId === file.fileId);
      expect(row).toBeDefined();
      const generations = rows.filter(({ sourceKey }) => sourceKey === file.sourceKey);
      if (this.disturbed.has(file.sourceKey) || generations.some(({ inVersion }) => inVersion !== null)) continue;
      expect(row!.state).toBe('quarantined');
      expect(this.reasonsOf(file)).toContain(row!.reason);
    }
  }

  /** Why a file may be set aside under these policies although the world did nothing to it. */
  private reasonsOf(file: TestFile): string[] {
    const { changedFile, duplicateContent } = this.policies;
    const lines: readonly (readonly [string, bigint])[] = LINES[this.contentIndexOf(file)]!;
    return [
      ...(duplicateContent === 'quarantine' && lines.length > 0 ? ['duplicate_content'] : []),
      ...(changedFile === 'quarantine' ? ['new_generation'] : []),
      ...(changedFile === 'supersede' ? ['generation_returned'] : []),
      ...(lines.some(([key]) => key === 'e') ? ['total_overflow'] : []),
    ];
  }

  private async rows(): Promise<readonly FileRow[]> {
    return await this.driver.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 1000 });
  }

  private async someRow(): Promise<FileRow | undefined> {
    const rows = await this.rows();
    return rows.length === 0 ? undefined : pick(this.random, rows);
  }

  private fileOf(fileId: string): TestFile {
    for (const { file } of this.everything.values()) if (file.fileId === fileId) return file;
    throw new Error(`the sink has a file that never was: ${fileId}`);
  }

  private contentIndexOf(file: TestFile): number {
    return this.everything.get(`${file.sourceKey}/${file.generation.slice(1)}`)!.contentIndex;
  }

  private someFault(): Fault {
    const kind = pick(this.random, ['middle', 'end', 'answer'] as const);
    return kind === 'middle' ? { kind, afterCalls: Math.floor(this.random() * 12) } : { kind };
  }
}

/** As expect(found).toBe(expected), which is too slow for millions of times. */
function equal(what: string, found: string | number | null, expected: string | number | null): void {
  if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}

function pickWeighted<Item>(
  random: Random,
  items: readonly (readonly [weight: number, name: string, item: Item])[],
): readonly [string, Item] {
  let left = random() * items.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, name, item] of items) {
    left -= weight;
    if (left < 0) return [name, item];
  }
  const [, name, item] = items[0]!;
  return [name, item];
}
