import { LedgerSink } from '../../src/sinks/ledger-sink';
import { MemoryStore } from '../../src/sinks/memory-store';
import { describeSink } from './sink-contract';

describeSink('memory sink', async () => {
  const store = new MemoryStore();
  return { store, sink: new LedgerSink(store), release: async () => undefined };
});
