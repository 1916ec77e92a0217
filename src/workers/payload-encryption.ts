/**
 * Encrypts what Temporal stores of Tallyline's workflows (AES-256-GCM), so that who can read Temporal's database or Web UI cannot read it.
 * The form is that of Temporal's own samples, which codec servers of the Web UI know: the initialization vector of 12 bytes, then the
 * encrypted payload, then its tag of 16 bytes. Search attributes and workflow ids are not encrypted: Temporal searches by them.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { temporal } from '@temporalio/proto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { TallylineFailure } from '../core/failures';

const ENCODING = 'binary/encrypted';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const VECTOR_BYTES = 12;
const TAG_BYTES = 16;
const KEYS_FILE_BYTES_MAX = 64 * 1024;
const KEY_LINE = /^([A-Za-z0-9._-]{1,64})\s+([A-Za-z0-9+/]{43}=)$/;

interface EncryptionOptions {
  /** One key a line: its id and 32 bytes in base64. The first encrypts; all decrypt, so that keys can be changed while workflows run. */
  readonly keysFile: string;
  /** Refuse what is not encrypted. Off while a namespace changes over. */
  readonly isRequired: boolean;
}

export class PayloadEncryption implements PayloadCodec {
  private constructor(
    private readonly keys: ReadonlyMap<string, Buffer>,
    private readonly isRequired: boolean,
  ) {}

  /** Throws config_invalid, which never says what a line holds. */
  static open({ keysFile, isRequired }: EncryptionOptions): PayloadEncryption {
    return new PayloadEncryption(parseKeys(readKeysFile(keysFile), keysFile), isRequired);
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.encrypt(payload));
  }

  /** Throws payload_refused for what is not encrypted where that is required, under an unknown key, or changed. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.decrypt(payload));
  }

  private encrypt(payload: Payload): Payload {
    const [[id, key] = []] = this.keys;
    if (id === undefined || key === undefined) throw new TallylineFailure('invariant_violated', 'there is no key to encrypt payloads with');
    const vector = randomBytes(VECTOR_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, vector);
    const plain = temporal.api.common.v1.Payload.encode(payload).finish();
    const data = Buffer.concat([vector, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(id) }, data };
  }

  private decrypt(payload: Payload): Payload {
    if (textOf(payload.metadata?.['encoding']) !== ENCODING) {
      if (this.isRequired) throw refused('is not encrypted, and `temporal.encryption.required` is set');
      return payload;
    }
    const id = textOf(payload.metadata?.['encryption-key-id']);
    const key = this.keys.get(id);
    if (key === undefined) throw refused(`is encrypted under the key "${id}", which the keys file does not have`);
    const data = payload.data ?? new Uint8Array();
    if (data.length < VECTOR_BYTES + TAG_BYTES) throw refused('is too short to be encrypted');
    const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, VECTOR_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(data.length - TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(data.subarray(VECTOR_BYTES, data.length - TAG_BYTES)), decipher.final()]);
      return temporal.api.common.v1.Payload.decode(plain);
    } catch (error) {
      throw new TallylineFailure('payload_refused', `a payload was changed since it was encrypted, or the key "${id}" is another one`, {
        cause: error,
      });
    }
  }
}

function refused(how: string): TallylineFailure {
  return new TallylineFailure('payload_refused', `a payload ${how}`);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

function readKeysFile(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > KEYS_FILE_BYTES_MAX) throw new Error(`it has ${size} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TallylineFailure('config_invalid', `the keys file ${path} of temporal.encryption cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
}

function parseKeys(text: string, path: string): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, id = '', encoded = ''] = KEY_LINE.exec(line.trim()) ?? [];
    const key = Buffer.from(encoded, 'base64');
    if (key.length !== KEY_BYTES || keys.has(id)) {
      const fact = `${path}:${index + 1}: a line is the id of a key, which comes once, and its 32 bytes in base64 (\`openssl rand -base64 32\`)`;
      throw new TallylineFailure('config_invalid', fact);
    }
    keys.set(id, key);
  }
  if (keys.size === 0) throw new TallylineFailure('config_invalid', `${path} holds no key`);
  return keys;
}
