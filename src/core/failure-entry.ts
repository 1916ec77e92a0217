/** One entry of the catalogue of failures. */
export interface FailureEntry {
  readonly effect: 'quarantine' | 'retry' | 'refuse' | 'alert';
  readonly consequence: string;
  readonly remedy: string;
}
