/** The bundle's entry: every workflow type by its name. */
export { aggregateWorkflow } from './aggregate';
export { backfillWorkflow } from './backfill';
export { fileWorkflow } from './file';
export { scanWorkflow } from './scan';
