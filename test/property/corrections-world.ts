/** A pipeline that people correct in every way, in any order, with what must hold of it at the end. */
import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import type { FileRow, Sink } from '../../src/sinks/sink';
import { MEANING, PIPELINE, SinkDriver, testFile, type TestFile } from '../contract/sink-driver';
import { contentOfRecords, countedContent, type CountedContent } from '../helpers/counted-content';

const STEPS_MAX = 12;
const PERIODS = ['2026-10', '2026-11', '2026-12'];
const START_MS = Date.UTC(2027, 0, 5);

type Random = () => number;
const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;

/** Small contents over few keys; one is empty, one has a line that is refused, one has records of several periods. */
const CONTENTS: readonly CountedContent[] = [
  countedContent(
    [
      ['a', 1n],
      ['b', 2n],
    ],
    { period: PERIODS[0]! },
  ),
  countedContent([['a', 10n]], { period: PERIODS[1]! }),
  countedContent(
    [
      ['b', -5n],
      ['c', 7n],
    ],
    { period: PERIODS[1]! },
  ),
  countedContent(
    [
      ['c', 100n],
      ['c', 'x'],
    ],
    { period: PERIODS[2]! },
  ),
  countedContent([], { period: PERIODS[2]! }),
  contentOfRecords([
    [PERIODS[2]!, 'a', 1000n],
    [PERIODS[0]!, 'a', 2000n],
    [PERIODS[1]!, 'b', -3000n],
    [PERIODS[0]!, 'c', 4000n],
  ]),
];

export class CorrectedWorld {
  readonly driver: SinkDriver;
  readonly files: TestFile[] = [];
  readonly given = new Map<number, Record<string, string>>();
  readonly told: string[] = [];
  private plans = 0;

  constructor(
    private readonly random: Random,
    sink: Sink,
  ) {
    this.driver = new SinkDriver(sink, DEFAULT_POLICIES);
    this.driver.nowMs = START_MS;
  }

  /** Throws when a promise is broken. */
  async run(): Promise<void> {
    await this.driver.sink.ensurePipeline(MEANING);
    for (let steps = 2 + Math.floor(this.random() * STEPS_MAX); steps > 0; steps -= 1) await this.step();
    await this.judge();
  }

  private async step(): Promise<void> {
    const steps = [
      () => this.arrive(),
      () => this.arrive(),
      () => this.retract(),
      () => this.takeUp('recount'),
      () => this.takeUp('release'),
      () => this.plan(),
      () => this.plan(),
      () => this.close(),
    ];
    await pick(this.random, steps)();
    this.driver.nowMs += 1000;
    const { ledgerSequence } = (await this.driver.sink.readPipeline(PIPELINE))!;
    this.given.set(ledgerSequence, await this.driver.totals());
  }

  /** A new file, or a new generation of one. */
  private async arrive(): Promise<void> {
    const name = pick(this.random, ['x', 'y', 'z']);
    const generation = `g${this.files.length}`;
    const file = testFile(name, pick(this.random, CONTENTS), generation);
    this.files.push(file);
    this.told.push(`${name}/${generation} arrives`);
    await this.driver.register(file);
    if (this.random() < 0.9) await this.driver.count(file);
    if (this.random() < 0.9) await this.driver.apply();
  }

  private async retract(): Promise<void> {
    const file = this.some();
    if (file === undefined) return;
    this.told.push(`retract ${file.sourceKey}/${file.generation}`);
    for (let times = this.times(); times > 0; times -= 1) await this.driver.retract(file.fileId);
  }

  private async takeUp(kind: 'recount' | 'release'): Promise<void> {
    const file = this.some();
    if (file === undefined) return;
    this.told.push(`${kind} ${file.sourceKey}/${file.generation}`);
    const { version } = await this.driver.row(file);
    for (let times = this.times(); times > 0; times -= 1)
      await this.driver.sink[kind]({ fileId: file.fileId, version, ...this.driver.by() });
    if ((await this.driver.row(file)).state === 'seen') await this.driver.count(file);
    if (this.random() < 0.8) await this.driver.apply();
  }

  /** One or two files, released or recounted, superseding or beside others; something may come in between. */
  private async plan(): Promise<void> {
    const files = [...new Set([this.some(), this.some()])].flatMap((file) => file ?? []);
    const changedFile = pick(this.random, ['supersede', 'count-new', undefined] as const);
    const allowances = {
      ...(this.random() < 0.8 && { recount: true as const }),
      ...(this.random() < 0.8 && { release: true as const }),
      ...(this.random() < 0.5 && { acceptRejects: true as const }),
      ...(this.random() < 0.3 && { duplicateContent: 'count' as const }),
      ...(changedFile && { changedFile }),
    };
    this.plans += 1;
    const planId = `p${this.plans}`;
    this.told.push(
      `plan ${files.map(({ sourceKey, generation }) => `${sourceKey}/${generation}`).join(' ')} ${JSON.stringify(allowances)}`,
    );
    await this.driver.plan(planId, files, allowances);
    if (this.random() < 0.2) await this.retract();
    const before = await this.driver.totals();
    const { rows } = await this.driver.sink.planDifference({ planId });
    const result = await this.driver.applyPlan(planId);
    if (result.outcome === 'done') {
      const expected = new Map(Object.entries(before));
      for (const row of rows) {
        const name = `${row.period}${row.adjusts && `(${row.adjusts})`}${Buffer.from(row.key).toString()}`;
        strictEqual(before[name] ?? '0/0', `${row.before.sum}/${row.before.count}`);
        if (row.after.sum === 0n && row.after.count === 0n) expected.delete(name);
        else expected.set(name, `${row.after.sum}/${row.after.count}`);
      }
      deepStrictEqual(await this.driver.totals(), Object.fromEntries(expected));
    }
    if (this.times() > 1) notStrictEqual((await this.driver.applyPlan(planId)).outcome, 'done');
  }

  private async close(): Promise<void> {
    if (this.random() > 0.3) return;
    const period = pick(this.random, PERIODS);
    this.told.push(`close ${period}`);
    await this.driver.sink.closePeriod({ pipeline: PIPELINE, period, ...this.driver.by() });
  }

  /** Over all periods: the sums of the contents whose rows hold a contribution. */
  private async judge(): Promise<void> {
    const rows = await Promise.all(this.files.map((file) => this.driver.row(file)));
    deepStrictEqual(sumsByKey(await this.driver.totals()), this.freshCount(rows));
    for (const [number, totals] of this.given) deepStrictEqual(await this.driver.totals(number), totals);
    deepStrictEqual(await this.driver.sink.verify({ pipeline: PIPELINE }), []);
  }

  private freshCount(rows: readonly FileRow[]): Record<string, string> {
    const sums = new Map<string, [bigint, bigint]>();
    rows.forEach(({ inVersion }, index) => {
      if (inVersion === null) return;
      for (const [name, { sum, count }] of this.files[index]!.content.truth) {
        // Without its period, where it has one.
        const key = name.slice(-1);
        const [sumBefore, countBefore] = sums.get(key) ?? [0n, 0n];
        sums.set(key, [sumBefore + sum, countBefore + count]);
      }
    });
    return Object.fromEntries([...sums].map(([key, [sum, count]]) => [key, `${sum}/${count}`]));
  }

  private some(): TestFile | undefined {
    return this.files.length === 0 ? undefined : pick(this.random, this.files);
  }

  private times(): number {
    return this.random() < 0.2 ? 2 : 1;
  }
}

function sumsByKey(totals: Record<string, string>): Record<string, string> {
  const sums = new Map<string, [bigint, bigint]>();
  for (const [name, value] of Object.entries(totals)) {
    const key = name.slice(-1);
    const [sum, count] = value.split('/').map(BigInt) as [bigint, bigint];
    const [sumBefore, countBefore] = sums.get(key) ?? [0n, 0n];
    sums.set(key, [sumBefore + sum, countBefore + count]);
  }
  const kept = [...sums].filter(([, [sum, count]]) => sum !== 0n || count !== 0n);
  return Object.fromEntries(kept.map(([key, [sum, count]]) => [key, `${sum}/${count}`]));
}
