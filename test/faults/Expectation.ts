/**
 * What a value may be, as far as its only writer knows: the one that was
 * acknowledged last, or one that was being written when the connection broke.
 */
export class Expectation<T> {
  private readonly possible: T[];

  constructor(initial: T) {
    this.possible = [initial];
  }

  /** Before it is sent: from now on it may be there. */
  attempted(value: T): void {
    this.possible.push(value);
  }

  /** It was answered: nothing else may be there. */
  acknowledged(value: T): void {
    this.possible.splice(0, Infinity, value);
  }

  /** It was refused: nothing has changed. */
  refused(): void {
    this.possible.pop();
  }

  /** What was acknowledged last. */
  get value(): T {
    return this.possible[0];
  }

  /** @returns what is wrong with what is there, if anything; takes it as known from now on. */
  problem(actual: T): string | undefined {
    const text = JSON.stringify(actual);
    const fits = this.possible.some(value => JSON.stringify(value) === text);
    const problem = fits
      ? undefined
      : `is ${text}, but was written as ${this.possible
          .map(value => JSON.stringify(value))
          .join(' or ')}`;
    this.acknowledged(actual);
    return problem;
  }
}
