import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { openThreadedSink } from '../../src/sinks/threaded-sink';
import { describeSink } from './sink-contract';

async function inFolder<Opened extends object>(
  open: (path: string) => Promise<Opened>,
): Promise<Opened & { release: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyline-sink-'));
  const opened = await open(join(folder, 'tallyline.db'));
  return { ...opened, release: () => rm(folder, { recursive: true }) };
}

describeSink('SQLite sink', () =>
  inFolder(async (path) => {
    const store = SqliteStore.open({ path });
    return { store, sink: new LedgerSink(store) };
  }),
);

/** The tables are reached by a second connection of the test's own. */
describeSink('SQLite sink in its thread', () =>
  inFolder(async (path) => {
    const sink = await openThreadedSink({ kind: 'sqlite', path });
    return { store: SqliteStore.open({ path }), sink };
  }),
);
