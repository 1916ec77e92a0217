/**
 * What no single option can tell: rules over several of them. Each rule takes the parts it needs as far as they are valid by
 * themselves, so that one fault elsewhere does not hide another here.
 */
import { dirname, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';

import { checkAfterCounting } from './after-counting-checks';
import type { SourceOfFiles } from './bucket-after-counting';
import { judgeCron } from './cron';
import { checkFormat } from './format-checks';
import { formatSchema } from './format-schema';
import type { Fault, OptionPath } from './fault';
import { valueAt } from './fault';
import { checkPeriod } from './period-checks';
import { periodSchema } from './period-schema';
import { checkpointSchema, exchangeSchema, pipelineSchema, policiesSchema, retentionSchema, scheduleSchema, sinkSchema } from './schema';
import { sourceSchema } from './source-schema';

export function crossCheck(root: unknown, directory: string): Fault[] {
  const pipelines = valueAt(root, ['pipelines']);
  if (!Array.isArray(pipelines)) return [];
  return [
    ...pipelines.flatMap((_, index) => checkPipeline(root, ['pipelines', index], directory)),
    ...checkCountedFiles(root, pipelines.length, directory),
    ...checkNames(pipelines.map((_, index) => valueAt(root, ['pipelines', index, 'name']))),
  ];
}

function checkPipeline(root: unknown, path: OptionPath, directory: string): Fault[] {
  const at = <T>(name: string, schema: z.ZodType<T>): T | undefined => schema.safeParse(valueAt(root, [...path, name]) ?? {}).data;
  const under = (name: string, faults: Fault[]): Fault[] => faults.map((fault) => ({ ...fault, path: [...path, name, ...fault.path] }));
  const checkpoint = at('checkpoint', checkpointSchema);
  const source = at('source', sourceSchema);
  const heartbeat = pipelineSchema.shape.heartbeatTimeout.safeParse(valueAt(root, [...path, 'heartbeatTimeout'])).data;
  const sink = sinkSchema.safeParse(valueAt(root, ['sink']) ?? {}).data;
  return [
    ...under('format', checkFormat(at('format', formatSchema))),
    ...under('period', checkPeriod(at('period', periodSchema), at('format', formatSchema))),
    ...under('schedule', checkSchedule(at('schedule', scheduleSchema))),
    ...under('checkpoint', checkInterval(checkpoint?.interval, heartbeat)),
    ...under('source', checkManifest(source)),
    ...under('source', checkExchange(source?.kind, valueAt(root, ['exchange']))),
    ...under(
      'source',
      checkRoot(source?.kind === 'directory' ? source.root : undefined, sink?.kind === 'sqlite' ? sink.path : undefined, directory),
    ),
    ...under('source', checkPrefix(source, sink?.kind === 'postgres' ? sink.claimChecks : undefined, 'sink.claimChecks')),
    ...under('source', checkPrefix(source, exchangeSchema.safeParse(valueAt(root, ['exchange'])).data, 'exchange')),
  ];
}

function checkCountedFiles(root: unknown, pipelines: number, directory: string): Fault[] {
  const paths = Array.from({ length: pipelines }, (_, index): OptionPath => ['pipelines', index]);
  const sources = paths.map((path): SourceOfFiles | undefined => {
    const source = sourceSchema.safeParse(valueAt(root, [...path, 'source'])).data;
    return source?.kind === 'agent' ? undefined : source;
  });
  return paths.flatMap((path, index) => {
    const others = sources.filter((other, place) => other !== undefined && place !== index) as SourceOfFiles[];
    const contributionsMs = retentionSchema.safeParse(valueAt(root, [...path, 'retention']) ?? {}).data?.contributions;
    const changedFile = policiesSchema.safeParse(valueAt(root, [...path, 'policies']) ?? {}).data?.changedFile;
    const faults = checkAfterCounting(sources[index], others, { contributionsMs, changedFile, directory });
    return faults.map((fault) => ({ ...fault, path: [...path, 'source', ...fault.path] }));
  });
}

function checkSchedule(schedule: z.output<typeof scheduleSchema> | undefined): Fault[] {
  if (schedule?.cron === undefined) return [];
  const cronFault = judgeCron(schedule.cron);
  return [
    ...(schedule.every === undefined ? [] : [fault(['every'], 'cannot stand beside `cron`: give one of them')]),
    ...(cronFault === null ? [] : [fault(['cron'], cronFault)]),
  ];
}

function checkInterval(intervalMs: number | undefined, heartbeatTimeoutMs: number | undefined): Fault[] {
  if (intervalMs === undefined || heartbeatTimeoutMs === undefined || intervalMs < heartbeatTimeoutMs) return [];
  return [fault(['interval'], 'must be shorter than `heartbeatTimeout`: a worker is heard of when it stores a checkpoint')];
}

/** One name must not be both a marker and a manifest. */
function checkManifest(source: z.output<typeof sourceSchema> | undefined): Fault[] {
  if (source === undefined || source.kind === 'agent' || source.manifest === undefined) return [];
  const { suffix, batch } = source.manifest;
  if (suffix === undefined && batch === undefined) return [fault(['manifest'], 'needs `suffix`, `batch` or both')];
  const { doneMarker } = source;
  if (suffix === undefined || doneMarker === undefined) return [];
  const isEither = suffix.endsWith(doneMarker) || doneMarker.endsWith(suffix);
  return isEither ? [fault(['manifest', 'suffix'], `ends like \`doneMarker\` (${doneMarker}): a file cannot be both`)] : [];
}

/** The database must not be taken for input. A hidden directory between the two is enough, since the walk skips it. */
function checkRoot(root: string | undefined, sinkPath: string | undefined, directory: string): Fault[] {
  if (root === undefined || sinkPath === undefined) return [];
  const below = relative(resolve(directory, root), dirname(resolve(directory, sinkPath))).split(sep);
  const isOutside = below[0] === '..' || below.some((name) => name.startsWith('.'));
  return isOutside ? [] : [fault(['root'], `holds the database of the sink (${sinkPath}): put one of them elsewhere`)];
}

/** What lies there must not be taken for input: each file that is counted would bring the next ones. A hidden folder is enough, as above. */
function checkPrefix(source: z.output<typeof sourceSchema> | undefined, claims: Claims | undefined, option: string): Fault[] {
  if (source?.kind !== 's3' || claims === undefined || source.bucket !== claims.bucket) return [];
  if (source.endpoint?.replace(/\/$/, '') !== claims.endpoint?.replace(/\/$/, '')) return [];
  const isBelow = claims.prefix.startsWith(source.prefix);
  const isHidden = isBelow && /(^|\/)\.[^/]*\//.test(claims.prefix.slice(source.prefix.lastIndexOf('/') + 1));
  if (isHidden || !(isBelow || source.prefix.startsWith(claims.prefix))) return [];
  return [fault(['prefix'], `shares its objects with \`${option}\` (${claims.prefix}): put one of them elsewhere`)];
}

type Claims = Extract<z.output<typeof sinkSchema>, { kind: 'postgres' }>['claimChecks'];

/** Without one an agent could not say what it found. */
function checkExchange(kind: string | undefined, exchange: unknown): Fault[] {
  if (kind !== 'agent' || exchange !== undefined) return [];
  return [fault(['kind'], 'cannot be `agent` without `exchange`, the bucket that agents and workers both reach')];
}

function checkNames(names: readonly unknown[]): Fault[] {
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [{ path: ['pipelines', index, 'name'], message: `is the name of another pipeline too: "${name}"` }]
      : [],
  );
}

function fault(path: OptionPath, message: string): Fault {
  return { path, message };
}
