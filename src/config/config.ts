/** A configuration that passed every check, with units in its names, absolute paths and defaults filled in. Frozen. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { z } from 'zod';

import { defined } from './defined';
import type { configSchema, pipelineSchema, sinkSchema } from './schema';
import { toBucketPlace, toSource, type BucketPlace, type SourceConfig } from './source-config';

export interface Config {
  /** Of the configuration file. */
  readonly directory: string;
  readonly temporal: TemporalConfig;
  readonly sink: SinkConfig;
  /** Where a pipeline has agents. */
  readonly exchange?: BucketPlace;
  readonly worker: WorkerConfig;
  readonly pipelines: readonly PipelineConfig[];
}

interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  readonly profile?: string;
  readonly profilesFile?: string;
  readonly encryption?: { readonly keysFile: string; readonly required: boolean };
}

type SinkConfig = { readonly kind: 'sqlite'; readonly path: string } | PostgresConfig;

interface PostgresConfig {
  readonly kind: 'postgres';
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly database: string;
  readonly user: string;
  readonly passwordFile?: string;
  readonly schema: string;
  readonly tls: { readonly mode: 'verify-full' | 'require' | 'disable'; readonly caFile?: string };
  readonly connections: number;
  readonly claimChecks?: BucketPlace;
}

interface WorkerConfig {
  readonly threads: number;
  readonly metricsAddress: { readonly host: string; readonly port: number };
  readonly shutdownGraceMs: number;
  readonly readBytesPerSecond?: number;
  /** Absent: no worker versioning. */
  readonly deployment?: { readonly name: string; readonly buildId: string };
}

export interface PipelineConfig {
  readonly name: string;
  readonly source: SourceConfig;
  readonly format: FormatConfig;
  readonly period: PeriodConfig;
  readonly expect: ExpectConfig;
  readonly schedule: { readonly everyMs: number } | { readonly cron: string };
  readonly window: { readonly files: number; readonly splits: number };
  /** Of one worker. */
  readonly limits: { readonly threads?: number; readonly readBytesPerSecond?: number };
  /** Absent: what suits each file. */
  readonly splitBytes?: number;
  readonly checkpoint: { readonly bytes: number; readonly intervalMs: number };
  readonly heartbeatTimeoutMs: number;
  readonly policies: PoliciesConfig;
  readonly retention: { readonly contributionsMs: number; readonly rejectSamplesMs: number };
  readonly verify: { readonly everyMs: number };
}

interface ExpectConfig {
  readonly everyMs?: number;
  readonly withinMs: number;
}

export type FormatConfig = DelimitedConfig | CsvConfig;

interface DelimitedConfig extends ReadingConfig {
  readonly kind: 'delimited';
  /** As written: one character, `\t` or `whitespace`. */
  readonly delimiter: string;
  readonly fields: number;
  readonly key: readonly number[];
  readonly value: number;
}

interface CsvConfig extends ReadingConfig {
  readonly kind: 'csv';
  /** As written: one character or `\t`. */
  readonly delimiter: string;
  /** Names of columns. */
  readonly key: readonly string[];
  readonly value: string;
}

interface ReadingConfig {
  readonly scale: number;
  readonly allowNegative: boolean;
  readonly maxLineBytes: number;
  readonly compression: 'auto' | 'none';
  readonly maxPlainBytes: number;
  readonly maxPlainRatio: number;
  readonly unit: string;
}

interface PeriodConfig {
  readonly from: 'none' | 'admission' | 'sourceKey' | 'record';
  readonly unit?: 'hour' | 'day' | 'month';
  readonly pattern?: string;
  /** A number, from 1, or the name of a column. */
  readonly field?: number | string;
  readonly timestamp?: 'iso8601' | 'unixSeconds' | 'unixMilliseconds';
}

interface PoliciesConfig {
  readonly changedFile: 'quarantine' | 'supersede' | 'count-new';
  readonly duplicateContent: 'quarantine' | 'count';
  readonly unterminatedLastLine: 'quarantine' | 'count';
  readonly rejects: { readonly maxCount?: number; readonly maxRatio?: number };
}

const EVERY_DEFAULT_MS = 15_000;

/** `directory`: of the configuration file; its relative paths start there. */
export function toConfig(parsed: z.output<typeof configSchema>, directory: string): Config {
  const { worker } = parsed;
  return deepFreeze({
    directory,
    temporal: toTemporal(parsed.temporal, directory),
    sink: toSink(parsed.sink, directory),
    ...(parsed.exchange && { exchange: toBucketPlace(parsed.exchange) }),
    worker: {
      threads: worker.threads ?? availableParallelism(),
      metricsAddress: parseAddress(worker.metricsAddress),
      shutdownGraceMs: worker.shutdownGrace,
      ...defined({ readBytesPerSecond: worker.readBytesPerSecond, deployment: worker.deployment }),
    },
    pipelines: parsed.pipelines.map((pipeline) => toPipeline(pipeline, directory)),
  });
}

function toTemporal(
  { address, namespace, profile, profilesFile, encryption }: z.output<typeof configSchema>['temporal'],
  directory: string,
): TemporalConfig {
  return {
    address,
    namespace,
    ...defined({ profile }),
    ...(profilesFile !== undefined && { profilesFile: resolve(directory, profilesFile) }),
    ...(encryption && { encryption: { ...encryption, keysFile: resolve(directory, encryption.keysFile) } }),
  };
}

function toSink(parsed: z.output<typeof sinkSchema>, directory: string): SinkConfig {
  if (parsed.kind === 'sqlite') return { kind: 'sqlite', path: resolve(directory, parsed.path) };
  const { hosts, passwordFile, tls, claimChecks, ...chosen } = parsed;
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(directory, path));
  return {
    ...chosen,
    ...(claimChecks !== undefined && { claimChecks: toBucketPlace(claimChecks) }),
    hosts: hosts.map(parseAddress),
    ...defined({ passwordFile: absolute(passwordFile) }),
    tls: { mode: tls.mode, ...defined({ caFile: absolute(tls.caFile) }) },
  };
}

function toPipeline(parsed: z.output<typeof pipelineSchema>, directory: string): PipelineConfig {
  const { period, schedule, policies, retention, expect } = parsed;
  return {
    name: parsed.name,
    source: toSource(parsed.source, directory),
    format: parsed.format,
    period: toPeriod(period),
    expect: { ...defined({ everyMs: expect.every }), withinMs: expect.within },
    schedule: schedule.cron === undefined ? { everyMs: schedule.every ?? EVERY_DEFAULT_MS } : { cron: schedule.cron },
    window: parsed.window,
    limits: defined(parsed.limits),
    ...(parsed.splitBytes !== undefined && { splitBytes: parsed.splitBytes }),
    checkpoint: { bytes: parsed.checkpoint.bytes, intervalMs: parsed.checkpoint.interval },
    heartbeatTimeoutMs: parsed.heartbeatTimeout,
    policies: { ...policies, rejects: defined(policies.rejects) },
    retention: { contributionsMs: retention.contributions, rejectSamplesMs: retention.rejectSamples },
    verify: { everyMs: parsed.verify.every },
  };
}

function toPeriod({ from, ...chosen }: z.output<typeof pipelineSchema>['period']): PeriodConfig {
  return { from, ...defined(chosen) };
}

/** An IPv6 host stands in brackets, which are not part of it. */
export function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value) as unknown[]) if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
