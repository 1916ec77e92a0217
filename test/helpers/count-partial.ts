import type { SplitPartial } from '../../src/core/partial';
import { decodePartial } from '../../src/core/partial-codec';
import type { CountSplitOptions } from '../../src/kernel/count-options';
import { countSplit } from '../../src/kernel/count-split';

export type CountPartialOptions = Omit<CountSplitOptions, 'onCheckpoint'> & {
  readonly onCheckpoint: (partial: SplitPartial) => unknown;
};

/** countSplit, with everything that it encodes decoded again. */
export async function countPartial(options: CountPartialOptions): Promise<{ partial: SplitPartial; readBytes: number }> {
  const onCheckpoint = (blob: Uint8Array): unknown => options.onCheckpoint(decodePartial(blob));
  const { blob, header, readBytes } = await countSplit({ ...options, onCheckpoint });
  const { entries, ...decoded } = decodePartial(blob);
  expect(decoded).toEqual(header);
  return { partial: { ...decoded, entries }, readBytes };
}
