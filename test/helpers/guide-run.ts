/** Runs every command of a guide, in its order; what differs from "it ends with 0" is said in steps, and what is not run is a reason. */
import { eventually } from './eventually';
import { loadGuide, placeOf, type GuideCommand } from './guide-commands';
import type { Background, Ended, GuideShell } from './guide-shell';

export interface Step {
  /** Why it is not run. */
  readonly notRun?: string;
  readonly before?: () => unknown;
  /** What the guide's examples and placeholders are here; a function is asked after `before`. */
  readonly replace?: readonly Replacement[];
  /** Options that the guide says to add, or that the machine needs. */
  readonly append?: string;
  /** What its user types. */
  readonly input?: string;
  readonly status?: number;
  readonly stdout?: string | RegExp;
  /** It is run again until its stdout is this and it ends with 0. */
  readonly until?: RegExp;
  /** It runs on, and is ready when it says this. */
  readonly background?: RegExp;
  readonly after?: (ran: Ran) => unknown;
}

export interface Ran extends Ended {
  readonly command: GuideCommand;
  /** Only of one that runs on. */
  readonly background?: Background;
}

export type Replacement = readonly [what: RegExp, by: string | (() => string | Promise<string>)];

/** By the beginning of the command; the longest that fits is taken, and each must fit some. */
export type Steps = Readonly<Record<string, Step>>;

export interface GuideRun {
  readonly page: string;
  readonly shell: GuideShell;
  readonly steps?: Steps;
  /** Of every command. */
  readonly replace?: readonly Replacement[];
  /** In place of those in its code blocks. */
  readonly commands?: readonly GuideCommand[];
}

export async function runGuide({ page, shell, steps = {}, replace = [], commands = loadGuide(page).commands }: GuideRun): Promise<void> {
  const unused = new Set(Object.keys(steps));
  for (const command of commands) {
    const beginning = Object.keys(steps)
      .filter((candidate) => command.text.startsWith(candidate))
      .sort((left, right) => right.length - left.length)[0];
    if (beginning !== undefined) unused.delete(beginning);
    const step: Step = beginning === undefined ? {} : steps[beginning]!;
    if (step.notRun !== undefined) continue;
    try {
      await runStep(shell, command, step, [...(step.replace ?? []), ...replace]);
    } catch (error) {
      throw new Error(`${placeOf(command)}\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  if (unused.size > 0) throw new Error(`${page} has no command that begins with ${[...unused].join(' or ')}`);
}

async function runStep(shell: GuideShell, command: GuideCommand, step: Step, replacements: readonly Replacement[]): Promise<void> {
  await step.before?.();
  const text = (await replaceAll(command.text, replacements)) + (step.append ?? '');
  const told = { command, status: 0, stdout: '', stderr: '' };
  if (step.background !== undefined) {
    const background = await shell.start(text, step.background);
    await step.after?.({ ...told, background });
    return;
  }
  const { until } = step;
  const once = () => shell.run(text, step.input);
  let last: Ended = told;
  const isDone = async (): Promise<boolean> => {
    last = await once();
    return until === undefined || (last.status === 0 && until.test(last.stdout));
  };
  await eventually(`it to print ${String(until)}`, isDone).catch((error: unknown) => {
    throw new Error(`${String(error)}; it ended with ${last.status} and printed\n${last.stdout}${last.stderr}`);
  });
  const { status, stdout, stderr } = last;
  expect({ text, status, stderr }).toEqual({ text, status: step.status ?? 0, stderr });
  if (step.stdout !== undefined) expect(stdout).toEqual(typeof step.stdout === 'string' ? step.stdout : expect.stringMatching(step.stdout));
  const shown = await Promise.all(command.shown.map((line) => replaceAll(line, replacements)));
  if (shown.length > 0) expect(stdout.trimEnd().split('\n')).toEqual(shown);
  await step.after?.({ ...last, command });
}

async function replaceAll(text: string, replacements: readonly Replacement[]): Promise<string> {
  let replaced = text;
  for (const [what, by] of replacements) {
    if (replaced.search(what) >= 0) replaced = replaced.replace(what, typeof by === 'string' ? by : await by());
  }
  return replaced;
}
