import type { ResponseHead } from './head.ts';
import { Patience } from './patience.ts';

const EMPTY = Buffer.alloc(0);

/**
 * The last head of a target, or of an origin. Most servers repeat it byte for byte: comparing is ten times cheaper than parsing,
 * and everyone downstream recognises the same string object again.
 */
export class HeadMemory {
  readonly #patience = new Patience();
  #bytes = EMPTY;
  #head: ResponseHead | undefined;

  /** Bytes of the head that `find` gives. */
  get length(): number {
    return this.#bytes.length;
  }

  /** The head that `buffer[0, size)` begins with, when it is the last one. */
  find(buffer: Buffer, size: number): ResponseHead | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    const bytes = this.#bytes;
    if (bytes.length > size || bytes.compare(buffer, 0, bytes.length) !== 0) return undefined;
    this.#patience.known();
    return head;
  }

  /** To be told of a head that `find` did not know. */
  add(bytes: Buffer, head: ResponseHead): void {
    const keeps = this.#patience.keeps();
    this.#head = keeps ? head : undefined;
    if (keeps) this.#bytes = Buffer.from(bytes);
  }
}
