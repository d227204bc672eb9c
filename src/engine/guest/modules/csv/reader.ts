/** Comma-separated values after RFC 4180, record by record. */
export class CsvReader {
  readonly #text: string;
  readonly #delimiter: string;
  #at = 0;
  /** Line of the record that was read last, from 0. */
  line = -1;
  #nextLine = 0;

  /** @param delimiter one character */
  constructor(text: string, delimiter: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#delimiter = delimiter;
  }

  /** The next record, or undefined at the end; empty lines are no records. Throws an Error for damaged quotes. */
  next(): string[] | undefined {
    const text = this.#text;
    while (text[this.#at] === '\n' || text.startsWith('\r\n', this.#at)) {
      this.#at += text[this.#at] === '\n' ? 1 : 2;
      this.#nextLine++;
    }
    if (this.#at >= text.length) return undefined;
    this.line = this.#nextLine;
    const record: string[] = [];
    for (;;) {
      record.push(text[this.#at] === '"' ? this.#quoted() : this.#plain());
      if (text[this.#at] !== this.#delimiter) break;
      this.#at++;
    }
    if (text[this.#at] === '\r') this.#at++;
    if (text[this.#at] === '\n') this.#at++;
    this.#nextLine++;
    return record;
  }

  #fail(why: string): never {
    throw new Error(`parse error on line ${this.#nextLine + 1}: ${why}`);
  }

  #plain(): string {
    const start = this.#at;
    const text = this.#text;
    while (this.#at < text.length && text[this.#at] !== this.#delimiter && text[this.#at] !== '\n') {
      if (text[this.#at] === '"') this.#fail('bare " in non-quoted field');
      this.#at++;
    }
    // The carriage return of the line's end is not part of the field.
    if (text[this.#at - 1] === '\r' && (text[this.#at] === '\n' || this.#at === text.length)) this.#at--;
    return text.slice(start, this.#at);
  }

  #quoted(): string {
    let value = '';
    this.#at++;
    for (;;) {
      const end = this.#text.indexOf('"', this.#at);
      if (end < 0) this.#fail('extraneous or missing " in quoted-field');
      const part = this.#text.slice(this.#at, end);
      value += part;
      this.#nextLine += part.split('\n').length - 1;
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') break;
      value += '"';
      this.#at++;
    }
    const next = this.#text[this.#at];
    if (next !== undefined && next !== this.#delimiter && next !== '\n' && next !== '\r') {
      this.#fail('extraneous or missing " in quoted-field');
    }
    return value;
  }
}
