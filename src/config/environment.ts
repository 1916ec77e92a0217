/** Environment variables that override the file. Temporal's own tools read the names that begin with its. */
export type Environment = Readonly<Record<string, string | undefined>>;

const OVERRIDES = [
  { variable: 'TEMPORAL_ADDRESS', path: ['temporal', 'address'] },
  { variable: 'TEMPORAL_NAMESPACE', path: ['temporal', 'namespace'] },
  { variable: 'TEMPORAL_PROFILE', path: ['temporal', 'profile'] },
  { variable: 'TALLYLINE_BUILD_ID', path: ['worker', 'deployment', 'buildId'] },
] as const;

export interface Override {
  readonly variable: string;
  readonly path: readonly string[];
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
  return overrides.reduce((result, { path, value }) => put(result, path, value), root);
}

function put(root: unknown, [name, ...rest]: readonly string[], value: string): unknown {
  if (name === undefined) return value;
  if (!(root === undefined || isMapping(root))) return root;
  return { ...root, [name]: put(root?.[name], rest, value) };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
