import type { Exchange } from '../../src/activities/dependencies';

/** What lies in it can be damaged, aged and listed by the test. */
export class MemoryExchange implements Exchange {
  readonly contents = new Map<string, Uint8Array>();
  readonly modifiedAtMs = new Map<string, number>();

  async put(name: string, content: Uint8Array): Promise<void> {
    this.contents.set(name, content);
    this.modifiedAtMs.set(name, Date.now());
  }

  async read(name: string): Promise<Uint8Array | null> {
    return this.contents.get(name) ?? null;
  }

  /** In pages of two, so that there are some. */
  async list(prefix: string, after: string) {
    const names = [...this.contents.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    const found = names.slice(0, 2).map((name) => ({ name, modifiedAtMs: this.modifiedAtMs.get(name) ?? 0 }));
    return { found, nextAfter: names.length > 2 ? (found.at(-1)?.name ?? null) : null };
  }

  async remove(name: string): Promise<void> {
    this.contents.delete(name);
  }

  names(prefix = ''): string[] {
    return [...this.contents.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}
