/** Parses, dispatches, and turns every error into a sentence and an exit code. */
import { CommanderError, type Command } from 'commander';
import { TallylineFailure } from '../core/failures';
import { exitCodeOf } from './exit-codes';
import { createProgram } from './program';

/** `register` adds the verbs. */
export async function runProgram(register: (program: Command) => void): Promise<void> {
  endQuietlyWithoutReader();
  const told: string[] = [];
  const program = createProgram((text) => {
    told.push(text);
    process.stderr.write(text);
  }, register);
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander prints what it finds itself, and not what an action throws.
    if (process.exitCode !== 0 && told.length === 0) process.stderr.write(`${describe(error)}\n`);
  }
}

/** A stack is for defects: whatever is foreseen is a sentence. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isForeseen = error instanceof TallylineFailure || error instanceof CommanderError;
  return isForeseen ? error.message : (error.stack ?? error.message);
}

/** `tallyline totals | head`: nobody reads on, which is no error. Talk that nobody hears is none either, and ends nothing. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`stdout cannot be written, so the answer is cut: ${error.message}\n`);
    process.exit(exitCodeOf(error));
  });
  process.stderr.on('error', () => undefined);
}
