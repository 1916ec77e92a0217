/** Numbers as options take them. Commander shows the sentence of an InvalidArgumentError beside the option. */
import { InvalidArgumentError, Option } from 'commander';

const PORT_MAX = 65_535;
const SEED_MAX = 4_294_967_295;

/** `Number` takes '' and '1e3' for numbers as well. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}

export function portOption(flags: string, description: string, port?: number): Option {
  return new Option(flags, description).default(port).argParser(wholeNumber(1, PORT_MAX));
}

export function seedOption(description: string): Option {
  return new Option('--seed <number>', description).default(1).argParser(wholeNumber(0, SEED_MAX));
}
