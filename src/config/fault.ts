/** What is wrong with a configuration, and where. */
export type OptionPath = readonly (string | number)[];

export interface Fault {
  readonly path: OptionPath;
  /** What is wrong, and what is allowed. */
  readonly message: string;
  /** The name at fault inside the mapping at `path`, where that is what is wrong. */
  readonly key?: string;
}

/** As `pipelines[0].source.root`. */
export function showPath(path: OptionPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${String(part)}]` : index === 0 ? part : `.${part}`)).join('');
}

/** As in the table of options: `pipelines[].source.root`. */
export function tablePath(path: OptionPath): string {
  return showPath(path).replace(/\[\d+\]/g, '[]');
}

/** The value at `path` of parsed YAML, or undefined. */
export function valueAt(root: unknown, path: OptionPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
  }
  return value;
}
