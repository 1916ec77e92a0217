/** Whether a file that a scan sees must wait for its manifest. Pure. */
export interface ManifestSight {
  /** The manifest beside the file, as the source shows it now, or null. */
  readonly beside: { readonly generation: string } | null;
  /** That manifest as it was read last, or null. */
  readonly known: { readonly generation: string; readonly isMalformed: boolean } | null;
  /** Files without a manifest are not taken up. */
  readonly isRequired: boolean;
  /** Some manifest says what the file holds. */
  readonly isExpected: boolean;
  /** A batch manifest of this source cannot be read, so that it may speak of this file. */
  readonly hasMalformedBatch: boolean;
}

export function isHeld({ beside, known, isRequired, isExpected, hasMalformedBatch }: ManifestSight): boolean {
  if (beside !== null) return known === null || known.isMalformed || known.generation !== beside.generation;
  return hasMalformedBatch || (isRequired && !isExpected);
}
