/** Exchanges that a VU's own thread makes on connections lent to it; see http/lending.ts. */
import { readSync, writeSync } from 'node:fs';
import { now } from '../../http/clock.ts';
import { decodeText } from '../../http/text.ts';
import type { ExchangeResult, Lent, Loan } from '../../http/types.ts';
import type { WaitReadable } from './readable.ts';
import { RECENT } from './recent.ts';
import { MEMORABLE } from './wire.ts';

/** Milliseconds after which an exchange is handed over: until then the thread cannot be ended. */
const PATIENCE = 100;
/** Milliseconds after which a connection may have been closed from the other end unseen. */
const IDLE = 1;
/** Heads remembered for a request. */
const HEADS = 4;
const BUFFER = 64 * 1024;
const EMPTY = Buffer.alloc(0);

interface KnownAnswer {
  readonly slot: number;
  readonly head: Buffer;
  /** Bytes of head and body. */
  readonly length: number;
  readonly result: ExchangeResult;
  /** Of the last body, when it is short. */
  body: Buffer;
  text: string;
}

interface Borrowed extends Loan {
  readonly answers: (KnownAnswer | undefined)[];
  next: number;
  /** Wall-clock milliseconds of the last answer. */
  used: number;
}

export class Borrower {
  readonly #wait: WaitReadable;
  readonly #loans: (Borrowed | undefined)[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER);
  /** Of the last exchange: wall-clock milliseconds, 0 for what did not come about; bytes; what broke it. */
  start = 0;
  sentAt = 0;
  firstAt = 0;
  end = 0;
  written = 0;
  size = 0;
  failure = '';

  constructor(wait: WaitReadable) {
    this.#wait = wait;
  }

  /** Gives everything back. */
  clear(): void {
    this.#loans.length = 0;
  }

  holds(place: number): boolean {
    return this.#loans[place] !== undefined;
  }

  /** The request at this place is another one now. */
  forget(place: number): void {
    this.#loans[place] = undefined;
  }

  /** Where the answer to the request at this place would be kept. */
  slotFor(place: number): number {
    return place * HEADS + (this.#loans[place]?.next ?? 0);
  }

  /**
   * Takes what the engine lends.
   * @param result of the exchange that came to its end there, the bytes of which are still here
   */
  accept(place: number, { kept, loan, headLength, bodyLength }: Lent, result: ExchangeResult): void {
    if (!kept) this.clear();
    if (loan !== undefined && place >= 0 && place < RECENT) {
      this.#loans[place] = { fd: loan.fd, request: loan.request, answers: [], next: 0, used: 0 };
    }
    const borrowed = this.#loans[place];
    const length = headLength + bodyLength;
    if (borrowed === undefined || headLength < 0) return;
    // The engine has put the new answer in its place already.
    borrowed.answers[borrowed.next] = undefined;
    if (headLength > this.size || length > BUFFER) return;
    const { body } = result;
    // What has not come here was read by the engine.
    const remembers = typeof body === 'string' && bodyLength <= MEMORABLE && length === this.size;
    borrowed.answers[borrowed.next] = {
      slot: this.slotFor(place),
      head: Buffer.from(this.#buffer.subarray(0, headLength)),
      length,
      // Of the body only the kind matters from now on.
      result: { ...result, body: typeof body === 'string' ? '' : body && EMPTY },
      body: remembers ? Buffer.from(this.#buffer.subarray(headLength, length)) : EMPTY,
      text: remembers ? body : '',
    };
    borrowed.next = (borrowed.next + 1) % HEADS;
  }

  /** What has come of the last exchange. */
  get received(): Uint8Array {
    return this.#buffer.subarray(0, this.size);
  }

  /**
   * Writes the request at this place and reads the answer.
   * @param timeout milliseconds
   * @returns undefined when the engine has to go on with it: the fields say how far it has come
   */
  exchange(place: number, timeout: number): KnownAnswer | undefined {
    const loan = this.#loans[place];
    this.sentAt = this.firstAt = this.end = this.written = this.size = 0;
    this.failure = '';
    this.start = now();
    if (loan === undefined) return undefined;
    try {
      if (this.start - loan.used > IDLE && this.#wait(loan.fd, 0)) {
        // Nobody has asked for anything: it is the end, or as bad.
        this.failure = 'EOF';
        return undefined;
      }
      this.written = writeSync(loan.fd, loan.request);
      this.sentAt = now();
      if (this.written < loan.request.length) return undefined;
      return this.#read(loan, this.start + Math.min(timeout, PATIENCE));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The script's own: the end of its stack.
      if (code === undefined) throw error;
      if (code !== 'EAGAIN') this.failure = code;
      return undefined;
    }
  }

  /** @param until wall-clock milliseconds */
  #read(loan: Borrowed, until: number): KnownAnswer | undefined {
    const buffer = this.#buffer;
    while (this.#wait(loan.fd, Math.max(0, Math.ceil(until - now())))) {
      const readable = now();
      const read = readSync(loan.fd, buffer, this.size, BUFFER - this.size, null);
      if (read === 0) {
        this.failure = 'EOF';
        return undefined;
      }
      if (this.firstAt === 0) this.firstAt = readable;
      this.size += read;
      const known = this.#known(loan);
      if (known === undefined || this.size > known.length || this.size === BUFFER) return undefined;
      if (this.size < known.length) continue;
      loan.used = this.end = now();
      return known;
    }
    return undefined;
  }

  #known({ answers }: Borrowed): KnownAnswer | undefined {
    for (const answer of answers) {
      if (answer === undefined || answer.head.length > this.size) continue;
      if (answer.head.compare(this.#buffer, 0, answer.head.length) === 0) return answer;
    }
    return undefined;
  }

  /** The body of the answer that has just come. */
  body(answer: KnownAnswer): string | Uint8Array | null {
    const { result, head, length, body } = answer;
    if (result.body === null) return null;
    const from = head.length;
    if (typeof result.body !== 'string') return new Uint8Array(this.#buffer.subarray(from, length));
    if (body.length === length - from && body.compare(this.#buffer, from, length) === 0) return answer.text;
    const text = decodeText(this.#buffer, from, length);
    if (length - from <= MEMORABLE) {
      answer.body = Buffer.from(this.#buffer.subarray(from, length));
      answer.text = text;
    }
    return text;
  }
}
