export interface BenchOptions {
  /** Of the plain text of each case. */
  readonly sizeBytes: number;
  readonly runs: number;
  /** Small files of `many-files`. */
  readonly files: number;
  readonly dataFolder: string;
  /** Parts of contenders' names; empty means all. */
  readonly only: readonly string[];
}
