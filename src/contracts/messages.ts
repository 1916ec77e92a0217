/** Signals and queries. The wire name is the variable's name without its kind. */
export const WAKE_SIGNAL_NAME = 'wake';
export const PROGRESS_QUERY_NAME = 'progress';
