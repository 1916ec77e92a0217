import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { PayloadEncryption } from '../../../src/workers/payload-encryption';
import { failureCode } from '../../helpers/failure-code';

const REFUSED = { code: 'payload_refused' };
const CONTENT = { sourceKey: 'customers/acme.txt' };

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tallyline-keys-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function newKey(id: string): string {
  return `${id} ${randomBytes(32).toString('base64')}`;
}

function open(lines: readonly string[], isRequired = true): PayloadEncryption {
  const keysFile = join(folder, 'keys');
  writeFileSync(keysFile, `# a comment\n\n${lines.join('\n')}\n`);
  return PayloadEncryption.open({ keysFile, isRequired });
}

function plain(): Payload {
  return defaultPayloadConverter.toPayload(CONTENT);
}

function textOf(payload: Payload | undefined): string {
  return Buffer.from(payload?.data ?? []).toString('latin1') + JSON.stringify(payload?.metadata ?? {});
}

test('what was encrypted comes back, shows nothing of itself, and is another text each time', async () => {
  const codec = open([newKey('k1')]);
  const [one, other] = await codec.encode([plain(), plain()]);
  expect(textOf(one)).not.toContain('acme');
  expect(Buffer.from(one?.data ?? []).equals(Buffer.from(other?.data ?? []))).toBe(false);
  const [back] = await codec.decode([one!]);
  expect(defaultPayloadConverter.fromPayload(back!)).toEqual(CONTENT);
});

test('the first key encrypts and every key decrypts, so that keys can be changed', async () => {
  const [first, second] = [newKey('k1'), newKey('k2')];
  const [old] = await open([first]).encode([plain()]);
  const codec = open([second, first]);
  expect(defaultPayloadConverter.fromPayload((await codec.decode([old!]))[0]!)).toEqual(CONTENT);
  const [fresh] = await codec.encode([plain()]);
  expect(Buffer.from(fresh?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('k2');
  await expect(open([first]).decode([fresh!])).rejects.toMatchObject(REFUSED);
});

test('what is not encrypted is refused where that is required, and passes where it is not', async () => {
  const key = newKey('k1');
  await expect(open([key]).decode([plain()])).rejects.toMatchObject(REFUSED);
  expect(await open([key], false).decode([plain()])).toEqual([plain()]);
});

test('what was changed, cut or moved under another key is refused', async () => {
  const [first, second] = [newKey('k1'), newKey('k2')];
  const codec = open([first, second]);
  const [payload] = await codec.encode([plain()]);
  const data = Buffer.from(payload!.data!);
  for (let index = 0; index < data.length; index += 7) {
    const changed = Buffer.from(data);
    changed[index] = (changed[index] ?? 0) ^ 1;
    await expect(codec.decode([{ ...payload!, data: changed }])).rejects.toMatchObject(REFUSED);
  }
  for (const length of [0, 5, 27, data.length - 1])
    await expect(codec.decode([{ ...payload!, data: data.subarray(0, length) }])).rejects.toMatchObject(REFUSED);
  const moved = { ...payload!, metadata: { ...payload!.metadata, 'encryption-key-id': Buffer.from('k2') } };
  await expect(codec.decode([moved])).rejects.toMatchObject(REFUSED);
});

test.each([
  ['a key that is too short', ['k1 c2hvcnQ=']],
  ['a key without its id', [randomBytes(32).toString('base64')]],
  ['an id that comes twice', [newKey('k1'), newKey('k1')]],
  ['no key', []],
])('%s is an error at the start that does not show the key', (_what, lines) => {
  let shown = '';
  const opening = () => {
    try {
      open(lines);
    } catch (error) {
      shown = String(error);
      throw error;
    }
  };
  expect(failureCode(opening)).toBe('config_invalid');
  for (const line of lines) expect(shown).not.toContain(line.split(' ')[1] ?? line);
});

test('a keys file that is not there is an error at the start', () => {
  expect(failureCode(() => PayloadEncryption.open({ keysFile: join(folder, 'none'), isRequired: true }))).toBe('config_invalid');
});
