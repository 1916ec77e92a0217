/** Runs `work` over the items, at most `window` at a time. The first error stops new ones, waits for those under way, and is thrown. */
export async function forEachInWindow<Item>(items: readonly Item[], window: number, work: (item: Item) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  const failures: unknown[] = [];
  const runOne = async (): Promise<void> => {
    for (const item of queue) {
      if (failures.length > 0) return;
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(window, items.length) }, runOne));
  if (failures.length > 0) throw failures[0];
}
