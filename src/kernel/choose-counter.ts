import type { CreateSplitCounter } from '../core/counter';
import { TallylineFailure } from '../core/failures';
import { createReferenceCounter } from '../core/reference-counter';

/** The counter named by TALLYLINE_KERNEL. Throws config_invalid for a name that stands for none. */
export function chooseCounter(name = process.env['TALLYLINE_KERNEL'] ?? 'reference'): CreateSplitCounter {
  if (name === 'reference') return createReferenceCounter;
  throw new TallylineFailure('config_invalid', `TALLYLINE_KERNEL is "${name}"; this version has only "reference"`);
}
