/** Lets so many at a time do what takes memory; the others wait in the order in which they came. */
export class AtMost {
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;

  constructor(private readonly most: number) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.underWay >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.underWay += 1;
    try {
      return await work();
    } finally {
      // Its place goes to the next, if there is one.
      const next = this.waiting.shift();
      if (next === undefined) this.underWay -= 1;
      else next();
    }
  }
}
