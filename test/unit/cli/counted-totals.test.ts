import { CountedTotals } from '../../../src/cli/count-files';
import { encodeEach } from '../../../src/core/entry-codec';
import { DEFAULT_FORMAT } from '../../../src/core/format';
import { MemoryRun } from '../../../src/kernel/entry-run';
import { MERGED_RUNS_MAX } from '../../../src/kernel/merge-runs';

/** `common` in every run, and one key of its own. */
class WatchedRun extends MemoryRun {
  isClosed = false;

  constructor(readonly number: number) {
    const entries = [
      { key: Buffer.from('common'), sum: BigInt(number), count: 1n },
      { key: Buffer.from(`own-${String(number).padStart(3, '0')}`), sum: -1n, count: 2n },
    ];
    super(Buffer.concat([...encodeEach(entries).pieces()]));
  }

  override close(): void {
    this.isClosed = true;
  }
}

test.each([0, 1, MERGED_RUNS_MAX / 2, MERGED_RUNS_MAX / 2 + 1, 3 * MERGED_RUNS_MAX])(
  '%d runs are added up, twice if asked twice',
  (amount) => {
    const totals = new CountedTotals({ format: DEFAULT_FORMAT });
    const runs = Array.from({ length: amount }, (_, number) => new WatchedRun(number));
    for (const run of runs) totals.add([run]);
    const common = amount === 0 ? [] : [`common,${(amount * (amount - 1)) / 2},${amount}`];
    const rows = [...common, ...runs.map(({ number }) => `own-${String(number).padStart(3, '0')},-1,2`)];
    for (let time = 0; time < 2; time++) {
      const entries = Array.from(totals.entries(), ({ key, sum, count }) => `${Buffer.from(key).toString()},${sum},${count}`);
      expect(entries).toEqual(rows);
      expect(Buffer.concat([...totals.csv()!]).toString()).toBe(rows.map((row) => `${row}\n`).join(''));
    }
    totals.close();
    expect(runs.every(({ isClosed }) => isClosed)).toBe(true);
  },
);

test('a file of more runs than are merged at once, too', () => {
  const totals = new CountedTotals({ format: DEFAULT_FORMAT });
  const amount = MERGED_RUNS_MAX + 1;
  totals.add(Array.from({ length: amount }, (_, number) => new WatchedRun(number)));
  expect([...totals.entries()]).toHaveLength(amount + 1);
  expect(Buffer.concat([...totals.csv()!]).toString()).toContain(`common,${(amount * (amount - 1)) / 2},${amount}\n`);
  totals.close();
});
