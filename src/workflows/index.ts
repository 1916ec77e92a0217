/** The bundle's entry: every workflow type by its name. */
export { aggregateWorkflow } from './aggregate';
export { backfillWorkflow } from './backfill';
export { fileWorkflow } from './file';
export { planWorkflow } from './plan';
export { scanWorkflow } from './scan';
export { verifyWorkflow } from './verify';
