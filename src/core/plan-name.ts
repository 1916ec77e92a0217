/**
 * A plan is counted as a pipeline of its own, by the same workflows, under `<pipeline>~<planId>`: its rows, ledger and totals are
 * nobody's until the plan is applied. No configured pipeline has a `~` in its name.
 */
const SEPARATOR = '~';

export function shadowPipeline(pipeline: string, planId: string): string {
  return `${pipeline}${SEPARATOR}${planId}`;
}

/** The configured pipeline behind a name, which may be that of a plan. */
export function configuredPipeline(name: string): string {
  return name.split(SEPARATOR, 1)[0] ?? name;
}

/** Of a plan's name, else null. */
export function planIdOf(name: string): string | null {
  const at = name.indexOf(SEPARATOR);
  return at < 0 ? null : name.slice(at + 1);
}
