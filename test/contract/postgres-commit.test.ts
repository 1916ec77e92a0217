/** What a transaction says of its own end: done, not done, or not known. Never a guess. */
import type { FailureCode } from '../../src/core/failures';
import { PostgresStore } from '../../src/sinks/postgres-store';
import type { StoreTransaction } from '../../src/sinks/store';
import { CuttingProxy } from '../helpers/cutting-proxy';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';

let server: PostgresServer;
let proxy: CuttingProxy;
let store: PostgresStore;
let schema: string;
beforeAll(async () => {
  server = await PostgresServer.start({ deadlock_timeout: '50ms' });
  proxy = await CuttingProxy.start(server.port);
}, 60_000);
beforeEach(async () => {
  const options = server.options({ hosts: [{ host: '127.0.0.1', port: proxy.port }], commitTimeoutMs: 1000 });
  ({ schema } = options);
  store = await PostgresStore.open(options);
});
afterEach(() => store.close());
afterAll(async () => {
  await proxy.stop();
  await server.remove();
});

function failure(code: FailureCode, word = ''): Error {
  return expect.objectContaining({ code, fact: expect.stringContaining(word) }) as Error;
}

function pipelineRow(pipeline: string) {
  const nothing = { stopReason: null, stoppedAtMs: null, closedThrough: '', prunedThrough: 0 };
  return { pipeline, meaning: '', scale: 0, unit: '', ledgerId: 'x', ledgerSequence: 0, ...nothing };
}

const insert = (pipeline: string) => store.transaction((transaction) => transaction.pipelines.insert(pipelineRow(pipeline)));

async function isThere(pipeline: string): Promise<boolean> {
  return (await server.query(`SELECT FROM ${schema}.pipelines WHERE pipeline = $1`, [pipeline])).length === 1;
}

describe('a connection that is cut', () => {
  test.each([
    ['before the commit', false],
    ['after the commit', true],
    ['silence after the commit', true],
  ] as const)('%s leaves it unknown whether it happened, and the same again ends as once', async (cut, happened) => {
    proxy.cut = cut;
    await expect(insert('a')).rejects.toEqual(failure('commit_unknown', 'the answer to a commit is missing'));
    expect(await isThere('a')).toBe(happened);
    await insert('a');
    expect(await isThere('a')).toBe(true);
  });

  test('in the middle of the work is a failure that changed nothing', async () => {
    const work = store.transaction(async (transaction) => {
      await transaction.pipelines.insert(pipelineRow('a'));
      proxy.cutAll();
      await transaction.pipelines.insert(pipelineRow('b'));
    });
    await expect(work).rejects.toEqual(failure('sink_unavailable'));
    expect([await isThere('a'), await isThere('b')]).toEqual([false, false]);
  });

  test('after the last statement and before the commit was sent is a failure that changed nothing', async () => {
    const work = store.transaction(async (transaction) => {
      await transaction.pipelines.insert(pipelineRow('a'));
      proxy.cutAll();
      await eventually('the server rolls back', async () => (await busy()).length === 0);
    });
    await expect(work).rejects.toEqual(failure('sink_unavailable'));
    expect(await isThere('a')).toBe(false);
  });

  test('while it lay idle is not noticed by anybody', async () => {
    await Promise.all(['a', 'b', 'c'].map(insert));
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tallyline'`);
    await insert('d');
    proxy.cutAll();
    await insert('e');
    expect(await store.snapshot(({ pipelines }) => pipelines.list())).toHaveLength(5);
  });

  test('during a snapshot is a failure', async () => {
    const reading = store.snapshot(async ({ pipelines }) => {
      proxy.cutAll();
      return await pipelines.list();
    });
    await expect(reading).rejects.toEqual(failure('sink_unavailable'));
  });
});

const busy = () => server.query(`SELECT pid, wait_event FROM pg_stat_activity WHERE application_name = 'tallyline' AND state <> 'idle'`);

describe('a commit that waits for a standby which is not there', () => {
  beforeEach(() => setNames('nobody'));
  afterEach(() => setNames(''));
  async function setNames(names: string) {
    await server.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await server.query('SELECT pg_reload_conf()');
    const isSet = async () => (await server.query('SHOW synchronous_standby_names'))[0]?.['synchronous_standby_names'] === names;
    await eventually('the setting', isSet);
  }
  const waiting = () => eventually('a commit waits', async () => (await busy()).find((row) => row['wait_event'] === 'SyncRep'));

  test('is unknown after its timeout, and keeps its locks until it is decided', async () => {
    const pipeline = 'a';
    await expect(insert(pipeline)).rejects.toEqual(failure('commit_unknown', 'timeout'));
    const { pid } = await waiting();
    expect(await isThere(pipeline)).toBe(false);
    const again = insert(pipeline);
    await eventually('the next one waits for its end', async () => (await busy()).length === 2);
    await setNames('');
    await again;
    expect(await isThere(pipeline)).toBe(true);
    expect((await busy()).map((row) => row['pid'])).not.toContain(pid);
  });

  test.each(['pg_cancel_backend', 'pg_terminate_backend'])(
    'is unknown when %s ends the wait: it holds on the primary alone',
    async (end) => {
      const inserted = insert('a');
      inserted.catch(() => undefined);
      const { pid } = await waiting();
      await server.query(`SELECT ${end}($1)`, [pid]);
      await expect(inserted).rejects.toEqual(failure('commit_unknown', end === 'pg_cancel_backend' ? 'synchronous replication' : ''));
      expect(await isThere('a')).toBe(true);
    },
  );
});

test('a statement that failed and was passed over is not committed around', async () => {
  const work = store.transaction(async ({ pipelines, postings }) => {
    await pipelines.insert(pipelineRow('a'));
    await postings.insert('a', [{ number: 1, fileId: 'f', version: 1, ofPeriod: '', period: '', sign: 0 as 1 }]).catch(() => undefined);
  });
  await expect(work).rejects.toEqual(failure('invariant_violated'));
  expect(await isThere('a')).toBe(false);
  await insert('b');
});

test('what broke a rule of the tables is invariant_violated, and nothing of its transaction stays', async () => {
  const entry = { number: 1, kind: 'counted', fileId: 'f', version: 1, period: null, by: 'b', reason: 'r', atMs: 1 } as const;
  await store.transaction(({ ledger }) => ledger.insert('a', [entry]));
  const again = store.transaction(async ({ pipelines, ledger }) => {
    await pipelines.insert(pipelineRow('a'));
    await ledger.insert('a', [{ ...entry, number: 2 }]);
  });
  await expect(again).rejects.toEqual(failure('invariant_violated', 'ledger_once'));
  expect(await isThere('a')).toBe(false);
});

describe('locks', () => {
  beforeEach(async () => {
    for (const pipeline of ['a', 'b']) await insert(pipeline);
  });

  test('that were taken crosswise are undone and taken again, until all is done once', async () => {
    let starts = 0;
    const add = async ({ pipelines }: StoreTransaction, first: string, second: string) => {
      starts += 1;
      for (const name of [first, second]) {
        const row = await pipelines.lock(name);
        if (row === null) throw new Error('no row');
        await pipelines.update({ ...row, ledgerSequence: row.ledgerSequence + 1 });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const crossing = Array.from({ length: 6 }, (_, index) =>
      store.transaction((transaction) => (index % 2 === 0 ? add(transaction, 'a', 'b') : add(transaction, 'b', 'a'))),
    );
    await Promise.all(crossing);
    expect(starts).toBeGreaterThan(6);
    const rows = await store.snapshot(({ pipelines }) => pipelines.list());
    expect(rows.map(({ ledgerSequence }) => ledgerSequence)).toEqual([6, 6]);
  });

  type Lock = 'lock' | 'share' | 'lockAlone';
  test.each<[Lock, Lock, boolean]>([
    ['lock', 'lock', false],
    ['lock', 'share', true],
    ['lock', 'lockAlone', false],
    ['share', 'share', true],
    ['share', 'lock', true],
    ['share', 'lockAlone', false],
    ['lockAlone', 'lockAlone', false],
    ['lockAlone', 'share', false],
    ['lockAlone', 'lock', false],
  ])('beside %s, %s may be held: %s', async (first, second, isFree) => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    let isHeld = () => {};
    const held = new Promise<void>((resolve) => (isHeld = resolve));
    const holding = store.transaction(async ({ pipelines }) => {
      await pipelines[first]('a');
      isHeld();
      await ended;
    });
    await held;
    const passing = store.transaction(({ pipelines }) => pipelines[second]('a'));
    const passed = passing.then(() => true);
    const blocked = eventually('it waits', async () =>
      (await busy()).some((row) => ['transactionid', 'tuple'].includes(String(row['wait_event']))),
    ).then(() => false);
    blocked.catch(() => undefined);
    expect(await Promise.race([passed, blocked])).toBe(isFree);
    end();
    await Promise.all([holding, passing]);
  });
});
