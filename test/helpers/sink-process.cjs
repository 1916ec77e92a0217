'use strict';
/** A process of its own that uses a sink, to be killed. It runs built code. */
const { join } = require('node:path');
const built = (file) => require(join(__dirname, '..', '..', 'dist', 'sinks', file));

/** Of `lock` and `open`: a path. Of `apply`: the options of a sink as JSON, a pipeline, and a defect or nothing. */
const [what, target, pipeline, defect] = process.argv.slice(2);

const actions = {
  async lock() {
    const { tryTakeApplyLock } = built('apply-lock.js');
    const lock = tryTakeApplyLock(target);
    process.send(lock === null ? 'none' : 'held');
    setInterval(() => lock, 1000);
  },
  async open() {
    const { openDatabase } = built('sqlite-open.js');
    const { writer, reader } = openDatabase({ path: target });
    reader.close();
    writer.close();
    process.disconnect?.();
  },
  /** Applies again and again until it is killed. */
  async apply() {
    const { LedgerSink } = built('ledger-sink.js');
    const policies = { changedFile: 'quarantine', duplicateContent: 'count', unterminatedLastLine: 'quarantine', rejects: {} };
    const store = tellingOfCommits(await openStore(JSON.parse(target)));
    const sink = new LedgerSink(defect === 'totals-later' ? withTotalsLater(store) : store);
    process.send('started');
    for (;;) await sink.apply({ pipeline, policies, nowMs: Date.now() }).then(() => new Promise((resolve) => setImmediate(resolve)));
  },
};

async function openStore(options) {
  if (options.kind === 'sqlite') return built('sqlite-store.js').SqliteStore.open(options);
  return await built('postgres-store.js').PostgresStore.open(options);
}

/** The parent hears of each commit at once. */
function tellingOfCommits(store) {
  return {
    snapshot: (work) => store.snapshot(work),
    close: () => store.close(),
    async transaction(work) {
      const result = await store.transaction(work);
      process.send('committed');
      // SQLite goes on without giving the message a chance to leave.
      await new Promise((resolve) => setImmediate(resolve));
      return result;
    },
  };
}

/** The ledger in one transaction and the totals in the next: what a sink must not do, and what a kill between the two shows. */
function withTotalsLater(store) {
  return {
    snapshot: (work) => store.snapshot(work),
    close: () => store.close(),
    async transaction(work) {
      let staged = [];
      const result = await store.transaction((transaction) => {
        staged = [];
        const totals = {
          ...transaction.totals,
          stage: async (...given) => void staged.push(given),
          unstage: async (_, ordinal) => {
            staged = staged.map(([name, deltas]) => [name, deltas.filter((delta) => delta.ordinal !== ordinal)]);
          },
          mergeStaged: async () => null,
        };
        return work({ ...transaction, totals });
      });
      // Longer than the parent takes to hear of the first and to kill: in the middle of a long run of jest that is tens of milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 150));
      await store.transaction(async ({ totals }) => {
        for (const given of staged) await totals.stage(...given);
        await totals.mergeStaged(pipeline);
      });
      return result;
    },
  };
}

actions[what]().catch((error) => {
  console.error(error);
  process.exit(1);
});
