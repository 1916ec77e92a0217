import { InvalidArgumentError, Option } from 'commander';

const PORT_MAX = 65_535;

export function portOption(flags: string, description: string, port: number): Option {
  return new Option(flags, description).default(port).argParser((text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > PORT_MAX) throw new InvalidArgumentError(`a port from 1 to ${PORT_MAX}`);
    return number;
  });
}
