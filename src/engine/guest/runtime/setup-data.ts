/**
 * A VU's copy of what setup returned. Members a script adds or changes stay from one iteration to the next; arrays have
 * their first length again, as k6 hands out views of lists that cannot grow.
 */
export class SetupData {
  readonly value: unknown;
  readonly #arrays: { readonly list: unknown[]; readonly first: readonly unknown[] }[] = [];

  /** @param json undefined when there was no setup, or it returned nothing */
  constructor(json: string | undefined) {
    this.value =
      json === undefined
        ? undefined
        : JSON.parse(json, (_key, value: unknown) => {
            if (Array.isArray(value)) {
              this.#arrays[this.#arrays.length] = { list: value as unknown[], first: [...(value as unknown[])] };
            }
            return value;
          });
  }

  /** To be called before each iteration. */
  restore(): void {
    for (const { list, first } of this.#arrays) {
      for (let i = list.length; i < first.length; i++) list[i] = first[i];
      list.length = first.length;
    }
  }
}
