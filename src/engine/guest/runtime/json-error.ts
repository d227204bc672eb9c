/** What is wrong with a text that should be JSON, in the words of k6's JSON parsers. */

const parse: (text: string, reviver?: never) => unknown = JSON.parse;

interface Problem {
  /** UTF-16 index of the character that does not fit; the text's length when the text ends too early. */
  readonly at: number;
  /** What k6 says after the character. */
  readonly context: string;
  /** Within a string, number or literal. */
  readonly inToken: boolean;
}

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isHex = (code: number): boolean => isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);

const VALUE = 'looking for beginning of value';
const KEY = 'looking for beginning of object key string';
const FIRST_KEY = `${KEY} `;
const TRAILING = 'after top-level value';

/** Reads one JSON text and stops at the first character that does not fit. */
class Scanner {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads the value at the current place and the space around it. */
  value(): Problem | undefined {
    const open: ('{' | '[')[] = [];
    for (;;) {
      this.space();
      let problem = this.#valueStart(open);
      if (problem !== undefined) return problem;
      // After a scalar or an empty container: close what ends here.
      let more = open.length > 0 && this.#opened;
      while (!more) {
        this.space();
        const inside = open[open.length - 1];
        if (inside === undefined) return undefined;
        const code = this.#code();
        if (code === 44 /* , */) {
          this.at++;
          if (inside === '{') {
            problem = this.#key(KEY);
            if (problem !== undefined) return problem;
          }
          more = true;
        } else if (code === (inside === '{' ? 125 : 93)) {
          this.at++;
          open.pop();
        } else return this.#bad(inside === '{' ? 'after object key:value pair' : 'after array element');
      }
    }
  }

  space(): void {
    while (isSpace(this.#code())) this.at++;
  }

  /** A container was entered and is not empty. */
  #opened = false;

  #code(): number {
    return this.#text.charCodeAt(this.at);
  }

  #bad(context: string, inToken = false): Problem {
    return { at: this.at, context, inToken };
  }

  #valueStart(open: ('{' | '[')[]): Problem | undefined {
    this.#opened = false;
    const code = this.#code();
    switch (code) {
      case 123: // {
        this.at++;
        open.push('{');
        this.space();
        if (this.#code() === 125) return undefined;
        this.#opened = true;
        return this.#key(FIRST_KEY);
      case 91: // [
        this.at++;
        open.push('[');
        this.space();
        if (this.#code() !== 93) this.#opened = true;
        return undefined;
      case 34:
        return this.#string();
      case 116:
        return this.#literal('true');
      case 102:
        return this.#literal('false');
      case 110:
        return this.#literal('null');
      default:
        return code === 45 || isDigit(code) ? this.#number() : this.#bad(VALUE);
    }
  }

  #key(context: string): Problem | undefined {
    this.space();
    if (this.#code() !== 34) return this.#bad(context);
    const problem = this.#string();
    if (problem !== undefined) return problem;
    this.space();
    if (this.#code() !== 58) return this.#bad('after object key');
    this.at++;
    return undefined;
  }

  #string(): Problem | undefined {
    this.at++;
    for (;;) {
      const code = this.#code();
      if (code === 34) {
        this.at++;
        return undefined;
      }
      // NaN, the end of the text, is none of these.
      if (!(code >= 32)) return this.#bad('in string literal', true);
      this.at++;
      if (code !== 92) continue;
      const escaped = this.#text.charAt(this.at);
      if (escaped === '' || !'"\\/bfnrtu'.includes(escaped)) return this.#bad('in string escape code', true);
      this.at++;
      for (let i = 0; escaped === 'u' && i < 4; i++, this.at++) {
        if (!isHex(this.#code())) return this.#bad('in \\u hexadecimal character escape', true);
      }
    }
  }

  #literal(word: string): Problem | undefined {
    for (let i = 0; i < word.length; i++, this.at++) {
      const expected = word.charAt(i);
      if (this.#text.charAt(this.at) !== expected) {
        return this.#bad(`in literal ${word} (expecting '${expected}')`, true);
      }
    }
    return undefined;
  }

  #number(): Problem | undefined {
    if (this.#code() === 45) this.at++;
    if (this.#code() === 48) this.at++;
    else if (!this.#digits()) return this.#bad('in numeric literal', true);
    if (this.#code() === 46) {
      this.at++;
      if (!this.#digits()) return this.#bad('after decimal point in numeric literal', true);
    }
    if (this.#code() === 101 || this.#code() === 69) {
      this.at++;
      if (this.#code() === 43 || this.#code() === 45) this.at++;
      if (!this.#digits()) return this.#bad('in exponent of numeric literal', true);
    }
    return undefined;
  }

  #digits(): boolean {
    const before = this.at;
    while (isDigit(this.#code())) this.at++;
    return this.at > before;
  }
}

/** How Go writes the byte a character of the text begins with: `'<'`, `'\n'`, `'Ã'`. */
function quoted(text: string, at: number): string {
  const code = text.charCodeAt(at);
  // The first byte of the character in UTF-8.
  const byte = code < 0x80 ? code : code < 0x800 ? 0xc0 | (code >> 6) : isSurrogate(code) ? 0xf0 : 0xe0 | (code >> 12);
  const named = NAMED[byte];
  if (named !== undefined) return `'${named}'`;
  if (byte < 32 || byte === 127) return `'\\x${byte < 16 ? '0' : ''}${byte.toString(16)}'`;
  return `'${String.fromCharCode(byte)}'`;
}

const NAMED: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  39: "\\'",
  92: '\\\\',
};

const isSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;

const invalid = (text: string, { at, context }: Problem): string =>
  `invalid character ${quoted(text, at)}${context === '' ? '' : ` ${context}`}`;

/** The message of `JSON.parse` for a text that is not JSON. */
export function parseMessage(text: string): string {
  const scanner = new Scanner(text);
  const problem = scanner.value();
  if (problem !== undefined) {
    if (problem.at >= text.length) return problem.inToken ? 'unexpected EOF' : 'Unexpected end of JSON input (EOF)';
    return invalid(text, problem.context === FIRST_KEY ? { ...problem, context: '' } : problem);
  }
  const rest = text.slice(scanner.at);
  const token = rest.charAt(0);
  if (token === '{' || token === '[') return `Unexpected token at the end: ${token}`;
  const next = new Scanner(rest);
  const shown = next.value() === undefined ? scalarText(rest.slice(0, next.at)) : '<nil>';
  return `Unexpected token at the end: ${shown}`;
}

function scalarText(token: string): string {
  try {
    return String(parse(token));
  } catch {
    return '<nil>';
  }
}

/** Place (in bytes) and reason for a text of a response that is not JSON. */
export function responseProblem(text: string): {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
} {
  const scanner = new Scanner(text);
  const problem = scanner.value() ?? { at: scanner.at, context: TRAILING, inToken: false };
  const ended = problem.at >= text.length;
  const before = text.slice(0, problem.at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const column = utf8Length(before.slice(lineStart)) + (ended ? 0 : 1);
  const context = problem.context === FIRST_KEY ? KEY : problem.context;
  return {
    line: before.split('\n').length,
    column,
    reason: ended ? 'unexpected end of JSON input' : invalid(text, { ...problem, context }),
  };
}

function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    length += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  return length;
}

/** `JSON.parse` that fails with k6's messages. Called once per realm, before any code of a script. */
export function installJsonParse(): void {
  const replacement = (text: unknown, reviver?: never): unknown => {
    // The text is converted once, as the native function would.
    const source = typeof text === 'string' ? text : `${text as number}`;
    try {
      return parse(source, reviver);
    } catch (error) {
      // A reviver's own error is the script's business.
      if (isValid(source)) throw error;
      throw new SyntaxError(parseMessage(source));
    }
  };
  const looks = { name: { value: 'parse' }, length: { value: 2 } };
  Object.defineProperties(replacement, looks);
  Object.defineProperty(JSON, 'parse', { value: replacement, writable: true, enumerable: false, configurable: true });
}

function isValid(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
