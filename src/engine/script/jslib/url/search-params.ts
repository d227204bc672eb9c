/** The WHATWG URLSearchParams class. */

type Init = string | Readonly<Record<string, string>> | Iterable<readonly [string, string]> | URLSearchParams;

const decode = (text: string): string => {
  const spaced = text.replace(/\+/g, ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Bytes that are no UTF-8, or a lone percent sign: keep what does not decode.
    return spaced.replace(/(?:%[\da-f]{2})+/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
  }
};

/** application/x-www-form-urlencoded. */
const encode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');

/** Scripts may pass anything where the types say text. */
const text = ([name, value]: readonly unknown[]): [string, string] => [String(name), String(value)];

export class URLSearchParams {
  #pairs: [string, string][] = [];
  /** The URL these belong to is told of every change. */
  onChange: ((text: string) => void) | undefined;

  constructor(init: Init = '') {
    // Only the fields of the specification are the script's to see.
    Object.defineProperty(this, 'onChange', { enumerable: false, writable: true, value: undefined });
    if (typeof init === 'string') this.reset(init);
    else if (Symbol.iterator in init) for (const pair of init) this.#pairs.push(text(pair));
    else for (const pair of Object.entries(init)) this.#pairs.push(text(pair));
  }

  /** Takes over a query string without telling the URL. */
  reset(query: string): void {
    const parts = query.replace(/^\?/, '').split('&');
    this.#pairs = parts
      .filter((part) => part !== '')
      .map((part) => {
        const equals = part.indexOf('=');
        return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
      });
  }

  get size(): number {
    return this.#pairs.length;
  }
  append(name: string, value: unknown): void {
    this.#pairs.push([name, String(value)]);
    this.#changed();
  }
  delete(name: string, value?: string): void {
    this.#pairs = this.#pairs.filter(([key, old]) => key !== name || (value !== undefined && old !== value));
    this.#changed();
  }
  get(name: string): string | null {
    return this.#pairs.find(([key]) => key === name)?.[1] ?? null;
  }
  getAll(name: string): string[] {
    return this.#pairs.filter(([key]) => key === name).map(([, value]) => value);
  }
  has(name: string, value?: string): boolean {
    return this.#pairs.some(([key, old]) => key === name && (value === undefined || old === value));
  }
  set(name: string, value: unknown): void {
    const first = this.#pairs.findIndex(([key]) => key === name);
    if (first < 0) this.#pairs.push([name, String(value)]);
    else {
      this.#pairs[first] = [name, String(value)];
      this.#pairs = this.#pairs.filter(([key], i) => i <= first || key !== name);
    }
    this.#changed();
  }
  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.#pairs) callback.call(self, value, name, this);
  }
  keys(): IterableIterator<string> {
    return this.#pairs.map(([name]) => name).values();
  }
  values(): IterableIterator<string> {
    return this.#pairs.map(([, value]) => value).values();
  }
  entries(): IterableIterator<[string, string]> {
    return this.#pairs.map(([name, value]): [string, string] => [name, value]).values();
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
  toString(): string {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  }

  #changed(): void {
    this.onChange?.(this.toString());
  }
}
