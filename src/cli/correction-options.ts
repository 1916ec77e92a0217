/** Who corrects and why: both go into the ledger, where they stay. */
import { InvalidArgumentError, type Command } from 'commander';
import { LEDGER_TEXT_CHARACTERS_MAX } from '../core/limits';
import type { By } from '../sinks/sink';

export interface ByOptions {
  readonly by: string;
  readonly reason: string;
}

export function withBy(command: Command): Command {
  return command
    .requiredOption('--by <name>', 'who does it; goes into the ledger', ledgerText)
    .requiredOption('--reason <text>', 'why; goes into the ledger', ledgerText);
}

export function toBy({ by, reason }: ByOptions): By {
  return { by, reason, nowMs: Date.now() };
}

function ledgerText(text: string): string {
  if (text.trim() === '' || text.length > LEDGER_TEXT_CHARACTERS_MAX || /[\0-\x1f\x7f]/.test(text))
    throw new InvalidArgumentError(`It takes 1 to ${LEDGER_TEXT_CHARACTERS_MAX} printable characters.`);
  return text;
}
