/** What a JavaScript programmer writes in an hour: one thread, no validation. */
import { join } from 'node:path';
import type { Contender } from '../harness/contender';
import { BENCH_FOLDER } from './places';

const PROGRAM = join(BENCH_FOLDER, 'peers', 'plain-loop-program.js');

export const plainLoop: Contender = {
  name: 'plain JavaScript loop',
  role: 'loop',
  variants: ({ layout, keyKind, compression, file }) => {
    const kind = layout === 'csv' ? 'csv' : keyKind;
    if (compression === 'none') return [{ name: kind, command: ['node', PROGRAM, kind, file] }];
    return [{ name: 'gzip -dc into it', command: ['sh', '-c', 'gzip -dc "$1" | node "$2" "$3" /dev/stdin', 'sh', file, PROGRAM, kind] }];
  },
};
