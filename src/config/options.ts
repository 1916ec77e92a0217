/** The options of tallyline.yaml as a flat table, read off the schema: for docs, error messages and `config check`. */
import { z } from 'zod';

import { configSchema } from './schema';

export interface Option {
  /** As `pipelines[].source.root`: `[]` stands for every element. */
  readonly path: string;
  readonly allowed: string;
  readonly description: string;
  readonly isRequired: boolean;
  /** As it would be written; undefined where there is none. */
  readonly defaultValue: unknown;
  /** The only `kind` of the mapping that holds it with which it has a meaning; undefined where it has one with any. */
  readonly ofKind?: string;
}

export const OPTIONS: readonly Option[] = listOptions(configSchema, '', true, undefined);

/** The names that a mapping at this path may hold; empty where there is none. `path` as in Option, '' for the top. */
export function optionNames(path: string): readonly string[] {
  const prefix = path === '' ? '' : `${path}.`;
  const below = OPTIONS.filter((option) => option.path.startsWith(prefix)).map((option) => option.path.slice(prefix.length));
  return [...new Set(below.map((rest) => rest.replace(/[.[].*$/, '')))];
}

function listOptions(schema: z.core.$ZodType, path: string, isRequired: boolean, defaultValue: unknown): Option[] {
  if (schema instanceof z.ZodPrefault) return listOptions(schema.def.innerType, path, false, schema.def.defaultValue);
  if (schema instanceof z.ZodOptional) return listOptions(schema.def.innerType, path, false, undefined);
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    return Object.entries(shape).flatMap(([name, child]) => listOptions(child, path === '' ? name : `${path}.${name}`, true, undefined));
  }
  if (schema instanceof z.ZodDiscriminatedUnion) return listVariants(schema.def.options, path);
  const meta = z.globalRegistry.get(schema);
  const own =
    typeof meta?.['allowed'] === 'string'
      ? [{ path, allowed: meta['allowed'], description: meta.description ?? '', isRequired, defaultValue }]
      : [];
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject)
    return [...own, ...listOptions(schema.element, `${path}[]`, true, undefined)];
  if (own.length === 0 && schema instanceof z.ZodPipe) return listOptions(schema.def.out, path, isRequired, defaultValue);
  return own;
}

/** Of mappings that their `kind` tells apart: what all have alike once, then what each has beside it. */
function listVariants(variants: readonly z.core.$ZodType[], path: string): Option[] {
  const options = variants.flatMap((variant) => {
    const listed = listOptions(variant, path, true, undefined);
    const [kind] = variant instanceof z.ZodObject ? ((variant.shape as Variant)['kind']?._zod.values ?? []) : [];
    return listed.map((option) => ({ option, kind: String(kind) }));
  });
  const alike = ({ option }: (typeof options)[number]) => options.filter((other) => isAlike(other.option, option, path));
  return options
    .filter((entry) => alike(entry).length < variants.length || alike(entry)[0] === entry)
    .map((entry) => (alike(entry).length < variants.length ? { ...entry.option, ofKind: entry.kind } : entry.option));
}

/** `kind` itself may be left out in one of them and stays one option. */
function isAlike(left: Option, right: Option, path: string): boolean {
  return JSON.stringify(left) === JSON.stringify(right) || (left.path === `${path}.kind` && right.path === `${path}.kind`);
}

type Variant = Readonly<Record<string, z.core.$ZodType>>;
