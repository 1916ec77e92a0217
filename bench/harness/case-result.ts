export interface CaseHeading {
  readonly name: string;
  readonly title: string;
  readonly demand: string;
}

export interface CaseResult extends CaseHeading {
  /** A section without its heading. */
  readonly markdown: string;
  /** The same figures for a program. */
  readonly figures: unknown;
}
