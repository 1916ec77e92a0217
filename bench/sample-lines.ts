/** Lines `id value` with 10,000 ids, ended by LF, filling about `sizeBytes`. Always the same. */
export function sampleLines(sizeBytes: number): Uint8Array {
  const bytes = Buffer.alloc(sizeBytes);
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let offset = 0;
  while (offset < sizeBytes - 20) offset += bytes.write(`${next(10_000)} ${next(100_000)}\n`, offset, 'latin1');
  return bytes.subarray(0, offset);
}
