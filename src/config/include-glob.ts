/** Finds globs that would silently choose nothing, and so leave files out of the totals. */

/** What is wrong with a glob of `include`, or null. */
export function judgeInclude(glob: string): string | null {
  const directories = glob.replace(/^\.\//, '').split('/').slice(0, -1);
  const hidden = directories.find(isHidden);
  if (hidden === undefined) return null;
  return `has "${glob}", which matches only below "${hidden}": directories whose name starts with a dot are never entered, so it would find nothing`;
}

/** Of a choice such as `{.a,.b}` every name must be. */
function isHidden(name: string): boolean {
  const choices = /^\{(.*)\}$/.exec(name)?.[1]?.split(',') ?? [name];
  return choices.every((choice) => /^(?:\\?\.|\[\.\])/.test(choice));
}
