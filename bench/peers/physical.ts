/** How fast this machine reads the file and does almost nothing with it. */
import type { Contender } from '../harness/contender';

export const wordCount: Contender = {
  name: 'wc -l',
  role: 'reference',
  variants: ({ file }) => [{ name: 'wc -l', command: ['wc', '-l', file] }],
};

export const cat: Contender = {
  name: 'cat',
  role: 'reference',
  variants: ({ file }) => [{ name: 'cat', command: ['sh', '-c', 'cat "$1" >/dev/null', 'sh', file] }],
};

export const gunzip: Contender = {
  name: 'gzip -dc',
  role: 'reference',
  variants: ({ file, compression }) =>
    compression === 'gzip' ? [{ name: 'gzip -dc', command: ['sh', '-c', 'gzip -dc "$1" >/dev/null', 'sh', file] }] : [],
  absence: () => 'the file is not compressed',
};
