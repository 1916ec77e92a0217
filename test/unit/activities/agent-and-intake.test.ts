/** An agent and the intake over a memory sink and a memory exchange: what lies between them may be damaged, doubled, gone or old. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgentActivities } from '../../../src/activities/agent-activities';
import { FileWatch } from '../../../src/activities/file-watch';
import { createIntakeActivities } from '../../../src/activities/intake-activities';
import type { AdmitForAgentResult } from '../../../src/contracts/agent-types';
import { TallylineFailure } from '../../../src/core/failures';
import { sha256Hex } from '../../../src/kernel/digest';
import { LISTING_KEPT_MS } from '../../../src/core/limits';
import { ThreadPool } from '../../../src/kernel/thread-pool';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';
import { rejectionCode } from '../../helpers/rejection-code';
import { MemoryExchange } from '../../helpers/memory-exchange';

const agentInput = { pipeline: PIPELINE, sourceId: 'incoming' };
let folder: string;
let bed: ActivityBed;
let exchange: MemoryExchange;
let pool: ThreadPool;

beforeAll(() => (pool = new ThreadPool({ threads: 1 })));
afterAll(() => pool.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-agent-'));
  bed = await ActivityBed.create(folder, pool);
  exchange = new MemoryExchange();
});
afterEach(async () => {
  await bed.sink.close();
  await rm(folder, { recursive: true, force: true });
});

const agent = () => createAgentActivities({ ...bed.dependencies(), exchange });
const intake = () => createIntakeActivities({ ...bed.dependencies(), exchange }, new FileWatch(bed.sink));

async function list() {
  return await runActivity(agent().listForIntake, { ...agentInput, cursor: null, problem: null });
}

async function register(listing: Awaited<ReturnType<typeof list>>, by = intake(), scheduledTimestampMs = Date.now()) {
  const input = { ...agentInput, listing, isFirst: true, startedAtMs: Date.now() };
  return await runActivity(by.registerListing, input, { info: { scheduledTimestampMs } });
}

/** Of the only file. */
async function admitOnly(): Promise<AdmitForAgentResult & { readonly address: { pipeline: string; fileId: string; version: number } }> {
  await register(await list());
  const address = { pipeline: PIPELINE, fileId: await bed.onlyFileId(), version: 1 };
  return { ...(await runActivity(intake().admitForAgent, address)), address };
}

async function count({ address, planDigest, file }: Awaited<ReturnType<typeof admitOnly>>, splitIndex = 0) {
  if (file === null) throw new Error('nothing to count');
  return await runActivity(agent().countForIntake, { ...address, planDigest, splitIndex, file });
}

async function storedSplits({ address, planDigest }: Awaited<ReturnType<typeof admitOnly>>) {
  return await bed.sink.storedSplits({ ...address, planDigest });
}

test('what an agent lists is registered, also when it is registered twice', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  await writeFile(join(folder, 'b.txt'), '1 2\n3 4\n');
  const listing = await list();
  expect(listing).toMatchObject({ cursor: null, problem: null, listed: 2 });
  expect(await register(listing)).toMatchObject({ listed: 2, registered: 2, cursor: null });
  expect(await register(listing)).toMatchObject({ listed: 2, registered: 0 });
});

test.each([
  ['gone', (name: string) => exchange.remove(name)],
  ['damaged', (name: string) => exchange.put(name, Buffer.from('[]'))],
])('of a listing that is %s nothing is registered', async (_what, damage) => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const listing = await list();
  await damage(exchange.names('incoming/listings/')[0]!);
  expect(await rejectionCode(register(listing))).toBe('exchange_lost');
  expect(await bed.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 1 })).toEqual([]);
});

test.each([
  ['however late its listing comes', 0, 60_000],
  ['where the clock of its host is an hour behind', -3_600_000, 0],
  ['where the clock of its host is an hour ahead', 3_600_000, 0],
])('a file that was fresh when it was looked at is not settled %s', async (_when, aheadMs, lateMs) => {
  const hostNow = () => Date.now() + aheadMs;
  const byHost = createAgentActivities({ ...bed.dependencies(), exchange, now: hostNow });
  const byWorkers = createIntakeActivities(
    { ...bed.dependencies({ quietPeriodMs: 10_000 }), exchange, now: () => Date.now() + lateMs },
    new FileWatch(bed.sink),
  );
  const look = async () => await runActivity(byHost.listForIntake, { ...agentInput, cursor: null, problem: null });
  const modify = (agoMs: number) => utimes(join(folder, 'a.txt'), new Date(), new Date(hostNow() - agoMs));
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  await modify(1_000);
  expect(await register(await look(), byWorkers)).toMatchObject({ registered: 0, unsettled: 1 });
  await modify(11_000);
  expect(await register(await look(), byWorkers)).toMatchObject({ registered: 1, unsettled: 0 });
});

test('files that the agent has marked are settled by their marks alone, whatever the workers know of marks', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  expect(await register({ ...(await list()), isMarkRequired: true })).toMatchObject({ registered: 0, unsettled: 1 });
});

test('a listing of another volume is refused', async () => {
  const input = { pipeline: PIPELINE, sourceId: 'another', cursor: null, problem: null };
  expect(await rejectionCode(runActivity(agent().listForIntake, input))).toBe('config_mismatch');
});

test('a split that an agent counted is taken in with the next look, and one that is damaged or gone is counted again', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const admitted = await admitOnly();
  expect(admitted).toMatchObject({ splitCount: 1, storedSplits: [] });
  expect(await count(admitted)).toMatchObject({ splitIndex: 0, records: 1 });
  const [name] = exchange.names('incoming/partials/');
  const blob = exchange.contents.get(name!)!;
  await exchange.put(name!, Buffer.from('nothing of the kind'));
  expect(await runActivity(intake().admitForAgent, admitted.address)).toMatchObject({ storedSplits: [] });
  await exchange.put(name!, blob);
  expect(await runActivity(intake().admitForAgent, admitted.address)).toMatchObject({ storedSplits: [0] });
  await exchange.remove(name!);
  expect(await storedSplits(admitted)).toEqual([0]);
});

test('a partial that cannot be read is told, removed, and counted again', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const admitted = await admitOnly();
  await count(admitted);
  const [name] = exchange.names('incoming/partials/');
  await exchange.remove(name!);
  const garbage = Buffer.from('no partial at all');
  await exchange.put(`${name!.slice(0, name!.lastIndexOf('/'))}/${sha256Hex(garbage)}`, garbage);
  expect(await runActivity(intake().admitForAgent, admitted.address)).toMatchObject({ storedSplits: [] });
  expect(exchange.names('incoming/partials/')).toEqual([]);
  expect(bed.failures).toEqual(['checkpoint_unusable']);
});

test('an agent judges no file of another volume, whatever it was sent', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const { file, ...admitted } = await admitOnly();
  const ofAnother = { ...file!, generation: 'of another volume' };
  expect(await rejectionCode(count({ ...admitted, file: ofAnother }))).toBe('config_mismatch');
});

test('two results of one split set the file aside, before and after one of them was taken in', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const admitted = await admitOnly();
  await count(admitted);
  await runActivity(intake().admitForAgent, admitted.address);
  const [name] = exchange.names('incoming/partials/');
  const other = Buffer.from('another result');
  const digest = sha256Hex(other);
  await exchange.put(`${name!.slice(0, -digest.length)}${digest}`, other);
  expect(await rejectionCode(runActivity(intake().handOver, admitted.address))).toBe('digest_conflict');
  expect(await bed.sink.readFile(admitted.address.fileId)).toMatchObject({ state: 'quarantined', reason: 'digest_conflict' });
});

test('an agent that finds no plan leaves the file to the next admission', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const admitted = await admitOnly();
  for (const name of exchange.names('incoming/plans/')) await exchange.remove(name);
  expect(await rejectionCode(count(admitted))).toBe('exchange_lost');
});

test('what an agent finds wrong with a file sets it aside at the intake, and never one that was taken up anew', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const { address } = await admitOnly();
  const found = { reason: 'changed', detail: 'it changed' };
  expect(await rejectionCode(runActivity(intake().setAside, { ...address, version: 2, ...found }))).toBe('fenced');
  expect(await rejectionCode(runActivity(intake().setAside, { ...address, ...found }))).toBe('changed');
  expect(await bed.sink.readFile(address.fileId)).toMatchObject({ state: 'quarantined', reason: 'changed', detail: 'it changed' });
  expect(bed.quarantined).toEqual([['changed', 1]]);
});

test('a record that spans lines gets the file another plan, once, by which it is counted', async () => {
  const format = { kind: 'csv', delimiter: { kind: 'byte', byte: 44 }, keyColumns: ['id'], valueColumn: 'n', scale: 0 } as const;
  const csv = { ...format, allowNegative: false, maxLineBytes: 1_048_576 };
  const ofCsv = () =>
    createIntakeActivities({ ...bed.dependencies({ format: csv, splitBytes: 1_024 }), exchange }, new FileWatch(bed.sink));
  const rows = Array.from({ length: 300 }, (_, index) => `${index},1,"two\nlines"\n`).join('');
  await writeFile(join(folder, 'a.csv'), `id,n,note\n${rows}`);
  await register(await list());
  const address = { pipeline: PIPELINE, fileId: await bed.onlyFileId(), version: 1 };
  const admitted = { ...(await runActivity(ofCsv().admitForAgent, address)), address };
  expect(admitted.splitCount).toBeGreaterThan(1);
  const { spanningRecord, ...counted } = await count(admitted);
  expect(counted).toMatchObject({ planReplaced: true });
  const split = { ...address, planDigest: admitted.planDigest, splitIndex: 0, spanningRecord: spanningRecord! };
  expect(await runActivity(ofCsv().replacePlan, split)).toMatchObject({ planReplaced: true });
  expect(await runActivity(ofCsv().replacePlan, split)).toMatchObject({ planReplaced: true });
  const anew = { ...(await runActivity(ofCsv().admitForAgent, address)), address };
  expect(anew.splitCount).toBe(1);
  expect(await count(anew)).toMatchObject({ records: 300, rejected: 0 });
});

test('what is done or old is removed from the exchange with a scan; what may be needed, and what others put there, stays', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const admitted = await admitOnly();
  await count(admitted);
  await exchange.put('somebody/else', Buffer.from('x'));
  const before = exchange.names();
  expect(before).toHaveLength(4);
  const scan = async () => await register(await list());
  await scan();
  expect(exchange.names()).toEqual(expect.arrayContaining(before));
  for (const name of exchange.names('incoming/listings/')) exchange.modifiedAtMs.set(name, Date.now() - LISTING_KEPT_MS - 1);
  const listing = await list();
  const { fileId, version } = admitted.address;
  await bed.sink.quarantine({ fileId, version, reason: 'cancelled', detail: '', nowMs: Date.now() });
  await register(listing);
  expect(exchange.names()).toEqual([...exchange.names('incoming/listings/'), 'somebody/else']);
  for (const name of exchange.names('incoming/listings/')) exchange.modifiedAtMs.set(name, Date.now() - LISTING_KEPT_MS - 1);
  // The sweep goes on where it left off, and is back at the listings in the end.
  await register({ ...listing, pages: [] });
  expect(exchange.names()).toEqual(['somebody/else']);
});

test('an exchange that does not answer is retried and sets nothing aside', async () => {
  await writeFile(join(folder, 'a.txt'), '1 2\n');
  const admitted = await admitOnly();
  exchange.put = () => Promise.reject(new TallylineFailure('exchange_unavailable', 'the bucket does not answer'));
  expect(await rejectionCode(count(admitted))).toBe('exchange_unavailable');
  expect(await bed.sink.readFile(admitted.address.fileId)).toMatchObject({ state: 'counting' });
});
