/** Every effective value of a configuration, with where it comes from. */
import { availableParallelism } from 'node:os';

import { showPath, tablePath, valueAt } from './fault';
import type { OptionPath } from './fault';
import type { CheckedConfig } from './load-config';
import type { Option } from './options';
import { OPTIONS } from './options';

export interface ExplainedOption {
  readonly option: string;
  /** As it would be written; null where it is not set and has no default. */
  readonly value: unknown;
  readonly origin: 'default' | 'file' | 'environment';
  readonly description: string;
}

export function explainConfig(checked: CheckedConfig): ExplainedOption[] {
  const isOfPipeline = ({ path }: Option): boolean => path.startsWith('pipelines[].');
  const { sink, exchange, pipelines } = checked.config;
  const isOfNothing = ({ path }: Option): boolean => path === 'pipelines' || (exchange === undefined && path.startsWith('exchange.'));
  const general = OPTIONS.filter((option) => !isOfNothing(option) && !isOfPipeline(option) && isOfKind(option, { sink }));
  const ofPipeline = OPTIONS.filter(isOfPipeline);
  return [
    ...general.map((option) => explain(option, option.path.split('.'), checked)),
    ...pipelines.flatMap((pipeline, index) =>
      ofPipeline
        .filter((option) => isOfKind(option, { 'pipelines[].source': pipeline.source, 'pipelines[].format': pipeline.format }))
        .map((option) => explain(option, ['pipelines', index, ...option.path.split('.').slice(1)], checked)),
    ),
  ];
}

/** Whether it has a meaning with the kind of the mapping that holds it; `mappings` by their paths. */
function isOfKind({ path, ofKind }: Option, mappings: Readonly<Record<string, { readonly kind: string }>>): boolean {
  const holder = Object.keys(mappings).find((mapping) => path.startsWith(`${mapping}.`));
  return ofKind === undefined || holder === undefined || mappings[holder]?.kind === ofKind;
}

function explain(option: Option, path: OptionPath, { root, overrides }: CheckedConfig): ExplainedOption {
  const written = writtenValue(root, path);
  const isOverridden = overrides.some((override) => override.path.join('.') === showPath(path));
  const origin = isOverridden ? 'environment' : written === undefined ? 'default' : 'file';
  return {
    option: showPath(path),
    value: written ?? option.defaultValue ?? impliedDefault(root, path),
    origin,
    description: option.description,
  };
}

/** `period: none` is short for a mapping with `from: none`. */
function writtenValue(root: unknown, path: OptionPath): unknown {
  const isShort = path.at(-1) === 'from' && valueAt(root, path.slice(0, -1)) === 'none';
  return isShort ? 'none' : valueAt(root, path);
}

/** Defaults that hang on something else, and so stand in no table. */
function impliedDefault(root: unknown, path: OptionPath): unknown {
  switch (tablePath(path)) {
    case 'worker.threads':
      return availableParallelism();
    case 'pipelines[].schedule.every':
      return valueAt(root, [...path.slice(0, -1), 'cron']) === undefined ? '15s' : null;
    case 'sink.claimChecks.pathStyle':
    case 'pipelines[].source.pathStyle':
      return valueAt(root, [...path.slice(0, -1), 'endpoint']) !== undefined;
    default:
      return null;
  }
}
