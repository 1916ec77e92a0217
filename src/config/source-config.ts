/** The sources and buckets of a configuration that passed every check. */
import { resolve } from 'node:path';
import type { z } from 'zod';

import { TRASH_OF_ROOT } from './after-counting-checks';
import { defined } from './defined';
import type { sinkSchema } from './schema';
import type { sourceSchema } from './source-schema';

/** Where in which bucket. */
export interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint?: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly profile?: string;
  readonly requests: number;
}

export type SourceConfig = DirectoryConfig | BucketConfig | AgentConfig;

interface DirectoryConfig extends ChosenConfig {
  readonly kind: 'directory';
  readonly root: string;
}

/** Read by an agent, which finds the id on its volume. */
interface AgentConfig extends FilterConfig {
  readonly kind: 'agent';
  readonly root: string;
  /** Below the root. */
  readonly idFile: string;
  readonly awayAfterMs: number;
}

interface BucketConfig extends ChosenConfig, BucketPlace {
  readonly kind: 's3';
  readonly keysAreUnique: boolean;
}

export interface AfterCountingConfig {
  readonly action: 'move' | 'tag' | 'delete';
  readonly afterMs: number;
  /** Absolute for a directory, also where `delete` has no `to`. */
  readonly to: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface ChosenConfig extends FilterConfig {
  readonly id: string;
  /** Absent: files are kept. */
  readonly afterCounting?: AfterCountingConfig;
  readonly manifest?: ManifestConfig;
}

interface FilterConfig {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly quietPeriodMs: number;
  readonly doneMarker?: string;
  readonly rootMarker?: string;
}

/** At least one of `suffix` and `batch`. */
interface ManifestConfig {
  readonly suffix?: string;
  readonly batch?: string;
  readonly required: boolean;
}

type ReadHere = Exclude<z.output<typeof sourceSchema>, { kind: 'agent' }>;

export function toSource(parsed: z.output<typeof sourceSchema>, directory: string): SourceConfig {
  const { include, exclude, quietPeriod: quietPeriodMs, doneMarker, rootMarker } = parsed;
  const filter = { include, exclude, quietPeriodMs, ...defined({ doneMarker, rootMarker }) };
  if (parsed.kind === 'agent') {
    return { kind: parsed.kind, ...filter, root: resolve(directory, parsed.root), idFile: parsed.idFile, awayAfterMs: parsed.awayAfter };
  }
  const { id, manifest } = parsed;
  const shared = {
    id,
    ...filter,
    ...defined({ afterCounting: toAfterCounting(parsed, directory) }),
    ...(manifest !== undefined && {
      manifest: { ...defined({ suffix: manifest.suffix, batch: manifest.batch }), required: manifest.required },
    }),
  };
  if (parsed.kind === 'directory') return { kind: 'directory', ...shared, root: resolve(directory, parsed.root) };
  return { kind: parsed.kind, ...shared, ...toBucketPlace(parsed), keysAreUnique: parsed.keysAreUnique };
}

function toAfterCounting(source: ReadHere, directory: string): AfterCountingConfig | undefined {
  if (source.afterCounting === undefined || source.afterCounting.action === 'keep') return undefined;
  const { action, after: afterMs, to = '', tags = {} } = source.afterCounting;
  if (source.kind === 's3') return { action, afterMs, to, tags };
  return { action, afterMs, to: to === '' ? resolve(directory, source.root, TRASH_OF_ROOT) : resolve(directory, to), tags };
}

export function toBucketPlace(parsed: ParsedBucket): BucketPlace {
  const { bucket, prefix, endpoint, region, pathStyle = endpoint !== undefined, profile, requests } = parsed;
  return { bucket, prefix, region, pathStyle, requests, ...defined({ endpoint, profile }) };
}

type ParsedBucket = NonNullable<Extract<z.output<typeof sinkSchema>, { kind: 'postgres' }>['claimChecks']>;
