/** Seeded choices of the model. */
export type Random = () => number;

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}

export function pickAny<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items.length === 0 ? undefined : pick(random, items);
}

export function pickWeighted<Item>(random: Random, items: readonly (readonly [weight: number, item: Item])[]): Item {
  let left = random() * items.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, item] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  return items[0]![1];
}
