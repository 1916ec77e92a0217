/** The bundle's entry: every workflow of the benchmark's own worker by its name. */
export { emptyChildWorkflow, emptyParentWorkflow } from './empty-children-workflows';
export { handOverAggregateWorkflow, handOverFileWorkflow } from './hand-over-workflows';
