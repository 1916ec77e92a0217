import type { Dataset } from '../data/dataset';

/** One way to ask a program. What it prints, or writes to `outputFile`, is what is compared. */
export interface Variant {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Contender {
  readonly name: string;
  /**
   * `loop` is a program written for this one file, which checks nothing: a bound to compare with, and no tool that one could pick.
   * `reference` reads the bytes and counts nothing: it has no totals.
   */
  readonly role: 'tallyline' | 'peer' | 'loop' | 'reference';
  /** Its honest ways to do this; empty where it cannot, and then `absence` says why. The fastest is the one that is compared. */
  readonly variants: (dataset: Dataset, outputFile: string) => readonly Variant[];
  readonly absence?: (dataset: Dataset) => string;
}

/** Single quotes, as a shell takes them. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export function shownCommand({ command, environment = {} }: Variant, outputFile: string): string {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${shellQuoted(value)}`);
  const words = [...settings, ...command.map(shellQuoted)].join(' ');
  return words.includes(outputFile) ? words : `${words} > ${shellQuoted(outputFile)}`;
}
