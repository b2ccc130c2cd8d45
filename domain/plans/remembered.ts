/** What was worked out for a name and is asked for again soon; for what can be worked out anew. Full, it forgets all and begins again. */
export class Remembered<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;

  /** `most`: how many names at once. */
  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: Value): void {
    if (this.#values.size >= this.#most && !this.#values.has(name)) this.#values.clear();
    this.#values.set(name, value);
  }
}
