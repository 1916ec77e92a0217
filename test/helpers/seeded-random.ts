/** A small seeded generator of numbers in [0, 1) (mulberry32), and the seed of this run, printed so that a failure can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function runSeed(): number {
  const seed = Number(process.env['TALLYLINE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`TALLYLINE_SEED=${seed}\n`);
  return seed;
}
