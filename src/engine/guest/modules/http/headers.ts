/** Header names and lines, as Go's net/http treats them. */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const MAX_REMEMBERED = 256;
const MAX_MISSED = 16;
/** After so many in a row that were not known, only every {@link SELDOM}th is looked for. */
const PATIENCE = 32;
const SELDOM = 8;

/**
 * What was made of header lines that came more than once, as those of most servers and scripts do. Lines with an id in them
 * never come back: remembering them all would fill the old generation of the heap.
 */
class Remembered<T> {
  readonly #make: (lines: string) => T;
  readonly #values = new Map<string, T>();
  /** The last ones that were not known. */
  readonly #missed: string[] = [];
  #next = 0;
  /** How many in a row were not known, or not looked for. */
  #news = 0;

  constructor(make: (lines: string) => T) {
    this.#make = make;
  }

  of(lines: string): T {
    // Even the hash of a long text that is always new costs more than it brings.
    if (this.#news > PATIENCE && ++this.#news % SELDOM !== 0) return this.#make(lines);
    const known = this.#values.get(lines);
    if (known !== undefined) {
      this.#news = 0;
      return known;
    }
    this.#news++;
    const value = this.#make(lines);
    if (!this.#missed.includes(lines)) this.#missed[this.#next++ % MAX_MISSED] = lines;
    else {
      if (this.#values.size >= MAX_REMEMBERED) this.#values.clear();
      this.#values.set(lines, value);
    }
    return value;
  }
}

const canonicalNames = new Map<string, string>();

/** `content-type` → `Content-Type`; a name with characters that have no place in one stays as it is. */
export function canonicalName(name: string): string {
  let canonical = canonicalNames.get(name);
  if (canonical === undefined) {
    canonical = TOKEN.test(name) ? name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()) : name;
    if (canonicalNames.size >= MAX_REMEMBERED) canonicalNames.clear();
    canonicalNames.set(name, canonical);
  }
  return canonical;
}

export const isToken = (text: string): boolean => TOKEN.test(text);

/** True when Go's transport refuses the value. */
export function isBadValue(value: string): boolean {
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value);
}

type Headers = Record<string, string>;

const answered = new Remembered(parse);

/** Header lines of a response as the script sees them: equal names joined, what Go takes for itself left out. */
export function responseHeaders(lines: string): Headers {
  return { ...answered.of(lines) };
}

function parse(lines: string): Headers {
  const headers: Headers = {};
  eachLine(lines, (name, value) => {
    const key = canonicalName(name);
    if (key === 'Transfer-Encoding' || key === 'Trailer') return;
    const before = Object.hasOwn(headers, key) ? headers[key] : undefined;
    define(headers, key, before === undefined ? value : `${before}, ${value}`);
  });
  if (/(?:^|\n)transfer-encoding:/i.test(lines)) delete headers['Content-Length'];
  return headers;
}

/** The values of one header, in order. */
export function valuesOf(lines: string, wanted: string): string[] {
  const values: string[] = [];
  eachLine(lines, (name, value) => {
    if (canonicalName(name) === wanted) values.push(value);
  });
  return values;
}

const asked = new Remembered((lines) => {
  const pairs: [name: string, value: string][] = [];
  eachLine(lines, (name, value) => pairs.push([name, value]));
  return pairs;
});

/** Header lines of a request: name → values. */
export function requestHeaders(lines: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of asked.of(lines)) define(headers, name, [value]);
  return headers;
}

/** Assignment that makes an ordinary property even of `__proto__`. */
function define<T>(target: Record<string, T>, key: string, value: T): void {
  if (key.startsWith('__'))
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}

function eachLine(lines: string, visit: (name: string, value: string) => void): void {
  for (let at = 0; at < lines.length;) {
    let end = lines.indexOf('\n', at);
    // A line that begins with a blank goes on with the one before.
    while (end + 1 < lines.length && (lines[end + 1] === ' ' || lines[end + 1] === '\t'))
      end = lines.indexOf('\n', end + 1);
    const colon = lines.indexOf(':', at);
    const value = lines.slice(colon + 1, end).trim();
    visit(lines.slice(at, colon), value.includes('\n') ? value.replace(/[ \t\r]*\n[ \t]+/g, ' ') : value);
    at = end + 1;
  }
}
