/** The text of a target's last answer: most endpoints answer the same again, and comparing is cheaper than decoding. */
import { Patience } from './patience.ts';
import { decodeText } from './text.ts';

/** Longer bodies are not kept. */
const MAX_BODY = 16 * 1024;
/** Kept in all. */
const MAX_TOTAL = 8 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);

/** What the memories made since the last time that all were forgotten hold. */
let account = { bytes: 0 };

export class BodyMemory {
  /** To be called when the targets are forgotten that have the memories there are. */
  static forgetAll(): void {
    account = { bytes: 0 };
  }

  #bytes: Buffer = EMPTY;
  #text = '';
  /** Requests on their way may still use memories that were forgotten. */
  readonly #account = account;
  readonly #patience = new Patience();

  /** The text of `buffer` from `from` to `to`: as {@link decodeText}, the same string when it is the same text. */
  text(buffer: Buffer, from: number, to: number): string {
    const length = to - from;
    if (length === this.#bytes.length && this.#bytes.compare(buffer, from, to) === 0) {
      this.#patience.known();
      return this.#text;
    }
    const text = decodeText(buffer, from, to);
    if (!this.#patience.keeps() || length > MAX_BODY) return text;
    const more = length - this.#bytes.length;
    if (this.#account.bytes + more > MAX_TOTAL) return text;
    this.#account.bytes += more;
    this.#bytes = Buffer.from(buffer.subarray(from, to));
    this.#text = text;
    return text;
  }
}
