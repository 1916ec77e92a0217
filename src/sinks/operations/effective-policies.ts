import type { Policies } from '../../core/policies';
import type { StoreTransaction } from '../store';

/** The policies of a pipeline; those of a plan are the pipeline's, changed as the plan was asked to. */
export async function effectivePolicies(_transaction: StoreTransaction, _pipeline: string, policies: Policies): Promise<Policies> {
  return policies;
}
