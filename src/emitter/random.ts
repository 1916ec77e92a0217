/** A small seeded generator of numbers in [0, 1): xorshift32, good enough for sample data and quick. */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed, 2_654_435_761) + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
