'use strict';
/** A process of its own that uses a SQLite sink, to be killed. It runs built code. */
const { join } = require('node:path');
const built = (file) => require(join(__dirname, '..', '..', 'dist', 'sinks', file));

const [what, path, pipeline] = process.argv.slice(2);

const actions = {
  async lock() {
    const { tryTakeApplyLock } = built('apply-lock.js');
    const lock = tryTakeApplyLock(path);
    process.send(lock === null ? 'none' : 'held');
    setInterval(() => lock, 1000);
  },
  async open() {
    const { openDatabase } = built('sqlite-open.js');
    const { writer, reader } = openDatabase({ path });
    reader.close();
    writer.close();
    process.disconnect?.();
  },
  /** Applies, and recounts what is in, until it is killed. */
  async apply() {
    const { LedgerSink } = built('ledger-sink.js');
    const { SqliteStore } = built('sqlite-store.js');
    const policies = { changedFile: 'quarantine', duplicateContent: 'count', unterminatedLastLine: 'quarantine', rejects: {} };
    const sink = new LedgerSink(SqliteStore.open({ path }));
    process.send('started');
    for (;;) await sink.apply({ pipeline, policies, nowMs: Date.now() }).then(() => new Promise((resolve) => setImmediate(resolve)));
  },
};

actions[what]().catch((error) => {
  console.error(error);
  process.exit(1);
});
