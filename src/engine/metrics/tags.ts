import type { TagSet, TagSpace } from '../contracts/metrics.ts';

type Entry = readonly [key: string, value: string];

/** More interned sets than this, and further ones are kept no longer than their users keep them. */
const MAX_INTERNED = 100_000;

function canonical(entries: readonly Entry[]): string {
  let text = '';
  for (const [key, value] of entries) text += `${key.length}:${key}${value.length}:${value}`;
  return text;
}

function withEntry(entries: readonly Entry[], key: string, value: string): Entry[] {
  const result: Entry[] = [];
  let placed = false;
  for (const entry of entries) {
    if (!placed && entry[0] >= key) {
      result.push([key, value]);
      placed = true;
      if (entry[0] === key) continue;
    }
    result.push(entry);
  }
  if (!placed) result.push([key, value]);
  return result;
}

/** A tag set that remembers where its samples go. */
export interface RoutedTagSet extends TagSet {
  /**
   * What a sample of the metric with this id feeds, cached here by the aggregator: one array index on the hot path,
   * and nothing to clean up when the set itself is no longer used.
   */
  readonly routes: unknown[];
}

/** One tag set; made by {@link ThreadTagSpace} only. */
export class InternedTagSet implements RoutedTagSet {
  readonly id: number;
  readonly routes: unknown[] = [];
  readonly #space: ThreadTagSpace;
  readonly #entries: readonly Entry[];
  #next: Map<string, Map<string, InternedTagSet>> | undefined;

  constructor(space: ThreadTagSpace, id: number, entries: readonly Entry[]) {
    this.#space = space;
    this.id = id;
    this.#entries = entries;
  }

  with(key: string, value: string): TagSet {
    const known = this.#next?.get(key)?.get(value);
    if (known !== undefined) return known;
    if (!this.#space.wants(key) || this.get(key) === value) return this;
    const set = this.#space.find(withEntry(this.#entries, key, value));
    if (set.id !== TRANSIENT) {
      this.#next ??= new Map<string, Map<string, InternedTagSet>>();
      const values = this.#next.get(key) ?? new Map<string, InternedTagSet>();
      this.#next.set(key, values.set(value, set));
    }
    return set;
  }

  without(key: string): TagSet {
    if (this.get(key) === undefined) return this;
    return this.#space.find(this.#entries.filter((entry) => entry[0] !== key));
  }

  get(key: string): string | undefined {
    for (const entry of this.#entries) if (entry[0] === key) return entry[1];
    return undefined;
  }

  entries(): readonly Entry[] {
    return this.#entries;
  }
}

/** The id of sets beyond the bound: they are equal to no other set, and nothing keeps them. */
export const TRANSIENT = -1;

/** The tag sets of one thread: equal sets are one object, up to a bound. */
export class ThreadTagSpace implements TagSpace {
  readonly root: InternedTagSet;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #sets = new Map<string, InternedTagSet>();
  readonly #bound: number;
  #beyond = 0;

  /** @param wanted keys some consumer reads, `undefined` for all */
  constructor(wanted: readonly string[] | undefined, bound: number = MAX_INTERNED) {
    this.#wanted = wanted === undefined ? undefined : new Set(wanted);
    this.#bound = bound;
    this.root = this.find([]);
  }

  /** Sets interned so far. */
  get size(): number {
    return this.#sets.size;
  }

  /** Times a set was asked for that no longer found room. */
  get beyond(): number {
    return this.#beyond;
  }

  wants(key: string): boolean {
    return this.#wanted === undefined || this.#wanted.has(key);
  }

  intern(tags: Iterable<Entry>): TagSet {
    let set: TagSet = this.root;
    for (const [key, value] of tags) set = set.with(key, value);
    return set;
  }

  /** @param entries sorted by key, wanted keys only */
  find(entries: readonly Entry[]): InternedTagSet {
    const name = canonical(entries);
    const known = this.#sets.get(name);
    if (known !== undefined) return known;
    if (this.#sets.size >= this.#bound) {
      this.#beyond++;
      return new InternedTagSet(this, TRANSIENT, entries);
    }
    const set = new InternedTagSet(this, this.#sets.size, entries);
    this.#sets.set(name, set);
    return set;
  }
}
