import type { CreateSplitCounter } from '../core/counter';
import { TallylineFailure } from '../core/failures';
import { createReferenceCounter } from '../core/reference-counter';
import { createKernelCounter } from './kernel-counter';

const COUNTERS: Readonly<Record<string, CreateSplitCounter>> = { fast: createKernelCounter, reference: createReferenceCounter };

/** The counter named by TALLYLINE_KERNEL. Throws config_invalid for a name that stands for none. */
export function chooseCounter(name = process.env['TALLYLINE_KERNEL'] ?? 'fast'): CreateSplitCounter {
  const chosen = Object.hasOwn(COUNTERS, name) ? COUNTERS[name] : undefined;
  if (chosen) return chosen;
  const known = Object.keys(COUNTERS).map((known) => `"${known}"`);
  throw new TallylineFailure('config_invalid', `TALLYLINE_KERNEL is "${name}"; it may be ${known.join(' or ')}`);
}
