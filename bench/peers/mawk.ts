/** The one-liner that most people begin with. Its sums are doubles, which hold these totals exactly. */
import type { Contender } from '../harness/contender';

export const mawk: Contender = {
  name: 'mawk',
  role: 'peer',
  variants: ({ layout, scale, compression, file }) => {
    if (layout === 'csv') return [];
    const amount = scale === 0 ? '$2' : `int($2*${10 ** scale}+0.5)`;
    const program = `{s[$1]+=${amount};n[$1]++}END{print "key,sum,count";for(k in s)printf "%s,%.0f,%d\\n",k,s[k],n[k]}`;
    if (compression === 'none') return [{ name: 'one-liner', command: ['mawk', program, file] }];
    return [{ name: 'gzip -dc into it', command: ['sh', '-c', 'gzip -dc "$1" | mawk "$2"', 'sh', file, program] }];
  },
  absence: () => 'has no CSV reader',
};
