/**
 * Reads a manifest: the control totals of one file, or the files of a batch with theirs. Strict: what is not understood is refused,
 * since a figure that is silently ignored protects nothing.
 */
import { CONTROL_FIGURES, type ControlTotals } from './control-totals';
import { TallylineFailure } from './failures';
import { BLOCK_DIGEST_BYTES, CONTROL_SUM_DIGITS_MAX, MANIFEST_FILES_MAX, SOURCE_KEY_BYTES_MAX } from './limits';
import { escapeBytes, unescapeBytes } from './source-key';

export interface ManifestFile {
  readonly sourceKey: string;
  readonly control: ControlTotals;
}

type Members = Readonly<Record<string, unknown>>;

const DIGEST = new RegExp(`^[0-9a-f]{${2 * BLOCK_DIGEST_BYTES}}$`);
const SUM = new RegExp(`^(?:0|-?[1-9][0-9]{0,${CONTROL_SUM_DIGITS_MAX - 1}})$`);

/** Of a manifest beside one file. Throws manifest_malformed. */
export function parseFileManifest(text: string, manifestKey: string, sourceKey: string): ManifestFile {
  const manifest = parseObject(text, manifestKey);
  const control = readControl(manifest, manifestKey);
  if (Object.keys(control).length === 0) throw malformed(manifestKey, `holds none of ${CONTROL_FIGURES.join(', ')}`);
  return { sourceKey, control };
}

/** A batch lists what must come; figures are optional. Throws manifest_malformed. */
export function parseBatchManifest(text: string, manifestKey: string): readonly ManifestFile[] {
  const { files, ...others } = parseObject(text, manifestKey);
  refuseUnknown(others, manifestKey, ['files']);
  if (!Array.isArray(files)) throw malformed(manifestKey, 'holds no list `files`');
  if (files.length > MANIFEST_FILES_MAX)
    throw malformed(manifestKey, `lists ${files.length} files; at most ${MANIFEST_FILES_MAX} are read: write several`);
  const listed = files.map((entry: unknown, index) => readEntry(entry, `${manifestKey}: files[${index}]`, folderOf(manifestKey)));
  const keys = new Set<string>();
  for (const { sourceKey } of listed) {
    if (keys.has(sourceKey)) throw malformed(manifestKey, `lists "${sourceKey}" twice`);
    keys.add(sourceKey);
  }
  return listed;
}

function readEntry(entry: unknown, place: string, folder: string): ManifestFile {
  if (!isMembers(entry)) throw malformed(place, 'is no object');
  const { file, ...figures } = entry;
  if (typeof file !== 'string') throw malformed(place, 'names no `file`');
  return { sourceKey: toSourceKey(file, place, folder), control: readControl(figures, place) };
}

/** Below the root, as `tallyline files` prints it; with `./` beside the manifest. */
function toSourceKey(file: string, place: string, folder: string): string {
  const isBeside = file.startsWith('./');
  const path = isBeside ? folder + file.slice('./'.length) : file;
  const isPlain = path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
  if (!isPlain) throw malformed(place, `names ${JSON.stringify(file)}, which is no file below the root`);
  const bytes = unescape(path, place);
  if (bytes.length > SOURCE_KEY_BYTES_MAX)
    throw malformed(place, `names a file of ${bytes.length} bytes; such a path may have ${SOURCE_KEY_BYTES_MAX}`);
  // One form for each name, however it was written.
  return escapeBytes(bytes);
}

function unescape(path: string, place: string): Uint8Array {
  try {
    return unescapeBytes(path);
  } catch (error) {
    throw malformed(place, error instanceof TallylineFailure ? error.fact : String(error));
  }
}

function readControl(members: Members, place: string): ControlTotals {
  refuseUnknown(members, place, CONTROL_FIGURES);
  return {
    ...numberAt(members, 'bytes', place),
    ...numberAt(members, 'lines', place),
    ...numberAt(members, 'records', place),
    ...textAt(members, 'sum', { place, pattern: SUM, allowed: `a text of at most ${CONTROL_SUM_DIGITS_MAX} digits, such as "12345"` }),
    ...textAt(members, 'contentDigest', { place, pattern: DIGEST, allowed: `${2 * BLOCK_DIGEST_BYTES} lower-case hex digits` }),
  };
}

function numberAt(members: Members, name: 'bytes' | 'lines' | 'records', place: string): ControlTotals {
  const value = members[name];
  if (value === undefined) return {};
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw malformed(place, `has ${name} ${JSON.stringify(value)}; allowed: a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  return { [name]: value };
}

interface TextRule {
  readonly place: string;
  readonly pattern: RegExp;
  readonly allowed: string;
}

/** A sum as a JSON number is refused: it may have been rounded before anybody could see it. */
function textAt(members: Members, name: 'sum' | 'contentDigest', { place, pattern, allowed }: TextRule): ControlTotals {
  const value = members[name];
  if (value === undefined) return {};
  if (typeof value !== 'string' || !pattern.test(value))
    throw malformed(place, `has ${name} ${JSON.stringify(value)}; allowed: ${allowed}`);
  return { [name]: value };
}

function parseObject(text: string, manifestKey: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(manifestKey, `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isMembers(value)) throw malformed(manifestKey, 'is no JSON object');
  return value;
}

function refuseUnknown(members: Members, place: string, known: readonly string[]): void {
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(place, `has ${JSON.stringify(unknown)}; known are ${known.join(', ')}`);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function folderOf(manifestKey: string): string {
  return manifestKey.slice(0, manifestKey.lastIndexOf('/') + 1);
}

function malformed(place: string, what: string): TallylineFailure {
  return new TallylineFailure('manifest_malformed', `manifest ${place} ${what}`);
}
