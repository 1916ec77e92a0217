/** The entry of bin/tallyline for every verb. */
import { registerCommands } from './register-commands';
import { runProgram } from './run-program';

void runProgram(registerCommands);
