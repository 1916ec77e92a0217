/** From the words of the configuration to the types of core, sources and sinks. */
import type { CompressionRule } from '../core/compression';
import type { DisposeAction } from '../core/disposal';
import type { Format } from '../core/format';
import type { PeriodRule } from '../core/plan';
import type { Policies } from '../core/policies';
import type { Config, PipelineConfig } from './config';
import type { SourceConfig } from './source-config';

export function toFormat({ format }: Pick<PipelineConfig, 'format'>): Format {
  const { delimiter, scale, allowNegative, maxLineBytes } = format;
  const values = { scale, allowNegative, maxLineBytes };
  const byte = { kind: 'byte', byte: delimiterByte(delimiter) } as const;
  if (format.kind === 'csv') return { kind: 'csv', delimiter: byte, keyColumns: format.key, valueColumn: format.value, ...values };
  return {
    kind: 'delimited',
    delimiter: delimiter === 'whitespace' ? { kind: 'whitespace' } : byte,
    fieldCount: format.fields,
    keyFields: format.key,
    valueField: format.value,
    ...values,
  };
}

export function toCompression({ format }: PipelineConfig): CompressionRule {
  return { mode: format.compression, plainBytesMax: format.maxPlainBytes, plainRatioMax: format.maxPlainRatio };
}

export function toPolicies({ policies }: PipelineConfig): Policies {
  return policies;
}

export function toPeriodRule({ period }: PipelineConfig): PeriodRule {
  const { from, unit = 'day', pattern = '', field = 0, timestamp = 'iso8601' } = period;
  switch (from) {
    case 'none':
      return { kind: 'none' };
    case 'admission':
      return { kind: 'admission', unit };
    case 'sourceKey':
      return { kind: 'sourceKey', unit, pattern };
    case 'record':
      return { kind: 'record', unit, field, timestamp };
  }
}

/** What sources/source-options calls SourceOptions; that of an agent but for its sourceId, which lies on its volume. */
export function toSourceOptions({ source }: PipelineConfig): OptionsOf<SourceConfig> {
  switch (source.kind) {
    case 'directory':
      return identify(source);
    case 's3':
      return identify(source);
    case 'agent': {
      const { kind: _, quietPeriodMs: __, idFile, awayAfterMs: ___, ...rest } = source;
      return { kind: 'directory', ...rest, exclude: [...rest.exclude, idFile], sourceId: '' };
    }
  }
}

type ReadHere = Exclude<SourceConfig, { kind: 'agent' }>;

function identify<Kind extends ReadHere>(source: Kind): Omit<Kind, Apart> & SourceIdentity {
  const { id, quietPeriodMs: _, manifest, afterCounting: _afterCounting, ...rest } = source;
  return {
    ...rest,
    sourceId: id,
    ...(manifest?.suffix !== undefined && { manifestSuffix: manifest.suffix }),
    ...(manifest?.batch !== undefined && { batchManifests: manifest.batch }),
  };
}

/** Of each kind of source by itself. */
type OptionsOf<Kind> = Kind extends ReadHere ? Omit<Kind, Apart> & SourceIdentity : never;

/** What does not open a source, or is named otherwise where it is opened. */
type Apart = 'id' | 'quietPeriodMs' | 'manifest' | 'afterCounting';

interface SourceIdentity {
  readonly sourceId: string;
  readonly manifestSuffix?: string;
  readonly batchManifests?: string;
}

/** As messages name where files come from. */
export function showSource({ source }: PipelineConfig): string {
  if (source.kind !== 's3') return source.root;
  const { bucket, prefix, endpoint = `AWS, ${source.region}` } = source;
  return `bucket ${bucket}${prefix === '' ? '' : ` (keys that begin with ${prefix})`} at ${endpoint}`;
}

/** Undefined: counted files are kept. */
export function toAfterCounting({ source }: PipelineConfig): { readonly action: DisposeAction; readonly afterMs: number } | undefined {
  if (source.kind === 'agent' || source.afterCounting === undefined) return undefined;
  const { action, afterMs, to, tags } = source.afterCounting;
  switch (action) {
    case 'move':
      return { action: { kind: 'move', to }, afterMs };
    case 'tag':
      return { action: { kind: 'tag', tags }, afterMs };
    case 'delete':
      return { action: { kind: 'delete', trash: to }, afterMs };
  }
}

/** What sinks/open-sink takes. */
export function toSinkOptions({ sink }: Config): Config['sink'] {
  return sink;
}

function delimiterByte(delimiter: string): number {
  return delimiter === '\\t' ? 0x09 : delimiter.charCodeAt(0);
}

/** As messages name the database. */
export function showSink({ sink }: Config): string {
  if (sink.kind === 'sqlite') return sink.path;
  const hosts = sink.hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${String(port)}`);
  return `${sink.database} (schema ${sink.schema}) at ${hosts.join(', ')}`;
}
