/** Environment variables that override the file. Temporal's own tools read the same names. */
export type Environment = Readonly<Record<string, string | undefined>>;

const OVERRIDES = [
  { variable: 'TEMPORAL_ADDRESS', path: ['temporal', 'address'] },
  { variable: 'TEMPORAL_NAMESPACE', path: ['temporal', 'namespace'] },
  { variable: 'TEMPORAL_PROFILE', path: ['temporal', 'profile'] },
] as const;

export interface Override {
  readonly variable: string;
  readonly path: readonly [string, string];
  readonly value: string;
}

/** Those that are set; an empty variable counts as not set. */
export function findOverrides(environment: Environment): Override[] {
  return OVERRIDES.flatMap(({ variable, path }) => {
    const value = environment[variable];
    return value === undefined || value === '' ? [] : [{ variable, path, value }];
  });
}

/** `root` with the overrides in place; anything but a mapping is left as it is, for the schema to refuse. */
export function applyOverrides(root: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((result, { path, value }) => {
    const [section, name] = path;
    if (!isMapping(result) || !(result[section] === undefined || isMapping(result[section]))) return result;
    return { ...result, [section]: { ...result[section], [name]: value } };
  }, root);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
