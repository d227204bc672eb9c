/** Header names and lines, as Go's net/http treats them. */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Blocks of header lines parsed before; servers repeat theirs. Bounded, for those that don't. */
const MAX_REMEMBERED = 256;

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

const remembered = new Map<string, Headers>();

/** Header lines of a response as the script sees them: equal names joined, what Go takes for itself left out. */
export function responseHeaders(lines: string): Headers {
  let headers = remembered.get(lines);
  if (headers === undefined) {
    headers = parse(lines);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(lines, headers);
  }
  return { ...headers };
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

const shown = new Map<string, [name: string, value: string][]>();

/** Header lines of a request: name → values. */
export function requestHeaders(lines: string): Record<string, string[]> {
  let pairs = shown.get(lines);
  if (pairs === undefined) {
    const found: [string, string][] = [];
    eachLine(lines, (name, value) => found.push([name, value]));
    pairs = found;
    if (shown.size >= MAX_REMEMBERED) shown.clear();
    shown.set(lines, pairs);
  }
  const headers: Record<string, string[]> = {};
  for (const [name, value] of pairs) define(headers, name, [value]);
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
