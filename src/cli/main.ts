/** The entry of bin/tallyline for every verb. */
import { registerVerb } from './register-commands';
import { runProgram } from './run-program';

void runProgram((program) => registerVerb(program, process.argv[2]));
