import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { types } from 'node:util';

import { TallylineFailure } from '../core/failures';
import { CONFIG_BYTES_MAX } from '../core/limits';
import type { Config } from './config';
import { toConfig } from './config';
import { crossCheck } from './cross-checks';
import type { Environment, Override } from './environment';
import { applyOverrides, findOverrides } from './environment';
import type { Fault } from './fault';
import { showPath } from './fault';
import { configSchema } from './schema';
import { describeIssues } from './schema-faults';
import { YamlText } from './yaml-text';

/** A configuration with what it was made from: for those who explain it. */
export interface CheckedConfig {
  readonly config: Config;
  /** The file's content as plain data, overrides applied. */
  readonly root: unknown;
  readonly overrides: readonly Override[];
}

/** Reads and checks a file. Throws config_invalid whose fact holds every fault, one a line. */
export function loadConfig(path: string, environment: Environment = process.env): Config {
  return checkConfig(readConfigText(path), path, environment).config;
}

/** Checks a text; `fileName` stands in messages, and relative paths start in its directory. Throws as loadConfig. */
export function parseConfig(text: string, fileName: string, environment: Environment = {}): Config {
  return checkConfig(text, fileName, environment).config;
}

export function checkConfig(text: string, fileName: string, environment: Environment): CheckedConfig {
  const yaml = new YamlText(text);
  if (yaml.syntaxFaults.length > 0) {
    throw invalid(
      yaml.syntaxFaults.map(({ position, message }) => `${fileName}:${String(position.line)}:${String(position.column)}: ${message}`),
    );
  }
  const overrides = findOverrides(environment);
  const root = applyOverrides(yaml.value ?? {}, overrides);
  const directory = dirname(resolve(fileName));
  const parsed = configSchema.safeParse(root);
  const faults = [...(parsed.success ? [] : describeIssues(parsed.error.issues, root)), ...crossCheck(root, directory)];
  if (faults.length > 0 || !parsed.success) throw invalid(showFaults(faults, yaml, fileName, overrides));
  return { config: toConfig(parsed.data, directory), root, overrides };
}

/** Throws config_invalid for a file that is not there, not readable or too large to be one. */
export function readConfigText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > CONFIG_BYTES_MAX) throw invalid([`${path}: has ${String(size)} bytes; at most ${String(CONFIG_BYTES_MAX)} are read`]);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof TallylineFailure) throw error;
    const why = types.isNativeError(error) && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : String(error);
    throw invalid([`${path}: ${why}; name a configuration with --config, or write one (examples/ has some)`]);
  }
}

function showFaults(faults: readonly Fault[], yaml: YamlText, fileName: string, overrides: readonly Override[]): string[] {
  const shown = faults.map(({ path, key, message }) => {
    const name = showPath(key === undefined ? path : [...path, key]);
    const override = overrides.find((candidate) => candidate.path.join('.') === name);
    const position = yaml.locate(path, key);
    const place =
      override === undefined
        ? `${fileName}:${String(position.line)}:${String(position.column)}`
        : `environment variable ${override.variable}`;
    return { position, line: `${place}: ${name === '' ? 'the file' : name} ${message}` };
  });
  const inOrder = shown.sort((left, right) => left.position.line - right.position.line || left.position.column - right.position.column);
  return inOrder.map(({ line }) => line);
}

function invalid(lines: readonly string[]): TallylineFailure {
  return new TallylineFailure('config_invalid', lines.join('\n'));
}
