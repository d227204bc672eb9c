/** Reads HTTP/1.x responses from a byte stream that may be cut anywhere. */
import type { BodyMemory } from './body-memory.ts';
import type { HeadMemory } from './head-memory.ts';
import { parseHead, ProtocolError, quote, type ResponseHead } from './head.ts';
import { decodeText } from './text.ts';

/** More than this and Go's transport gives up. */
const MAX_HEAD = 10 << 20;
const MAX_INTERIM = 5;
const MAX_CHUNK_LINE = 4096;
/** Bodies up to this size are read into one buffer made beforehand. */
const MAX_PREALLOCATED = 4 << 20;
const EMPTY = Buffer.alloc(0);

const Phase = { head: 0, fixed: 1, chunkLine: 2, chunkData: 3, chunkEnd: 4, trailer: 5, untilEnd: 6, done: 7 } as const;
type PhaseValue = (typeof Phase)[keyof typeof Phase];

export class ResponseParser {
  head: ResponseHead | undefined;
  readonly #ofOrigin: HeadMemory;
  #memory: HeadMemory;
  #phase: PhaseValue = Phase.done;
  #toHead = false;
  #keep = true;
  #interim = 0;
  /** Bytes left of the fixed body or of the chunk. */
  #left = 0;
  /** An unfinished head, chunk line or trailer. */
  #pending: Buffer = EMPTY;
  #pieces: Buffer[] = [];
  #filled = 0;
  /** The body's place in the buffer given to `execute` last, when it was whole there. */
  #from = 0;
  #to = 0;
  #trailerBytes = 0;

  /** @param memory of the origin */
  constructor(memory: HeadMemory) {
    this.#ofOrigin = this.#memory = memory;
  }

  /**
   * Starts a new response.
   * @param toHead it answers a HEAD request
   * @param keep the body is wanted
   * @param memory of the target, if it has one
   */
  begin(toHead: boolean, keep: boolean, memory = this.#ofOrigin): void {
    this.#memory = memory;
    this.head = undefined;
    this.#phase = Phase.head;
    this.#toHead = toHead;
    this.#keep = keep;
    this.#interim = 0;
    this.#from = this.#to = 0;
    if (this.#pieces.length > 0) this.#pieces = [];
    this.#filled = 0;
  }

  get done(): boolean {
    return this.#phase === Phase.done;
  }

  /** False while not a byte of the response has come. */
  get started(): boolean {
    return this.head !== undefined || this.#pending.length > 0 || this.#interim > 0;
  }

  /**
   * Takes `buffer[0, size)`. Throws a {@link ProtocolError}.
   * @returns bytes used: less than `size` when the response ended before
   */
  execute(buffer: Buffer, size: number): number {
    let at = 0;
    if (this.#phase === Phase.head && this.#pending.length === 0) {
      const head = this.#memory.find(buffer, size);
      if (head !== undefined) {
        this.#enterBody(head);
        at = this.#memory.length;
      }
    }
    while (at < size && this.#phase !== Phase.done) at = this.#step(buffer, at, size);
    return at;
  }

  /**
   * The stream has ended.
   * @returns true when that completes the response; else it was cut short
   */
  end(): boolean {
    if (this.#phase === Phase.untilEnd) this.#phase = Phase.done;
    return this.#phase === Phase.done;
  }

  /** The body as text; call it before the buffer of the last `execute` is reused. */
  text(buffer: Buffer, memory?: BodyMemory): string {
    if (this.#to > this.#from) {
      return memory?.text(buffer, this.#from, this.#to) ?? decodeText(buffer, this.#from, this.#to);
    }
    if (this.#filled === 0) return '';
    const bytes = this.#stored();
    return decodeText(bytes, 0, bytes.length);
  }

  /** A copy of the body; call it before the buffer of the last `execute` is reused. */
  bytes(buffer: Buffer): Buffer {
    if (this.#to > this.#from) return Buffer.from(buffer.subarray(this.#from, this.#to));
    return this.#filled === 0 ? EMPTY : this.#stored();
  }

  #stored(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first.subarray(0, this.#filled);
    return Buffer.concat(this.#pieces);
  }

  #step(buffer: Buffer, at: number, size: number): number {
    switch (this.#phase) {
      case Phase.head:
        return this.#readHead(buffer, at, size);
      case Phase.fixed:
        return this.#readFixed(buffer, at, size);
      case Phase.chunkLine:
        return this.#readChunkLine(buffer, at, size);
      case Phase.chunkData: {
        const to = Math.min(size, at + this.#left);
        this.#store(buffer, at, to);
        this.#left -= to - at;
        if (this.#left === 0) {
          this.#phase = Phase.chunkEnd;
          this.#left = 2;
        }
        return to;
      }
      case Phase.chunkEnd:
        if (buffer[at] !== (this.#left === 2 ? 13 : 10)) throw new ProtocolError('malformed chunked encoding');
        if (--this.#left === 0) this.#phase = Phase.chunkLine;
        return at + 1;
      case Phase.trailer:
        return this.#readTrailer(buffer, at, size);
      default:
        this.#store(buffer, at, size);
        return size;
    }
  }

  #readHead(buffer: Buffer, at: number, size: number): number {
    const before = this.#pending.length;
    const part = buffer.subarray(at, size);
    const bytes = before === 0 ? part : Buffer.concat([this.#pending, part]);
    const end = findHeadEnd(bytes, Math.max(0, before - 3));
    if (end < 0) {
      if (bytes.length > MAX_HEAD) {
        throw new ProtocolError(`net/http: server response headers exceeded ${MAX_HEAD} bytes; aborted`);
      }
      this.#rejectGarbage(bytes);
      this.#pending = before === 0 ? Buffer.from(bytes) : bytes;
      return size;
    }
    this.#pending = EMPTY;
    const blank = bytes[end - 2] === 13 ? end - 2 : end - 1;
    const head = parseHead(decodeText(bytes, 0, blank));
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interim > MAX_INTERIM) throw new ProtocolError('net/http: too many 1xx informational responses');
    } else {
      this.#memory.add(bytes.subarray(0, end), head);
      this.#enterBody(head);
    }
    return at + end - before;
  }

  /** Garbage without a line end would otherwise be waited for until the timeout. */
  #rejectGarbage(bytes: Buffer): void {
    const line = bytes.toString('latin1', 0, Math.min(bytes.length, 5));
    if (line !== 'HTTP/'.slice(0, line.length) && bytes.includes(10)) {
      throw new ProtocolError(`malformed HTTP response ${quote(decodeText(bytes, 0, bytes.indexOf(10)).trimEnd())}`);
    }
  }

  #enterBody(head: ResponseHead): void {
    this.head = head;
    const { status } = head;
    if (this.#toHead || status === 204 || status === 304) this.#phase = Phase.done;
    else if (head.chunked) this.#phase = Phase.chunkLine;
    else if (head.contentLength < 0) this.#phase = Phase.untilEnd;
    else {
      this.#left = head.contentLength;
      this.#phase = this.#left === 0 ? Phase.done : Phase.fixed;
    }
  }

  #readFixed(buffer: Buffer, at: number, size: number): number {
    const to = Math.min(size, at + this.#left);
    const length = this.#left;
    this.#left -= to - at;
    if (this.#left === 0) this.#phase = Phase.done;
    if (this.#filled === 0 && this.#left === 0) {
      this.#from = at;
      this.#to = to;
      return to;
    }
    if (!this.#keep) return to;
    if (this.#filled === 0 && length <= MAX_PREALLOCATED) this.#pieces = [Buffer.allocUnsafeSlow(length)];
    const [whole] = this.#pieces;
    if (whole?.length === this.head?.contentLength && whole !== undefined) {
      buffer.copy(whole, this.#filled, at, to);
      this.#filled += to - at;
    } else {
      this.#store(buffer, at, to);
    }
    return to;
  }

  #readChunkLine(buffer: Buffer, at: number, size: number): number {
    const newline = indexOfByte(buffer, 10, at, size);
    const part = buffer.subarray(at, newline < 0 ? size : newline + 1);
    const line = this.#pending.length === 0 ? part : Buffer.concat([this.#pending, part]);
    if (line.length > MAX_CHUNK_LINE) throw new ProtocolError('header line too long');
    if (newline < 0) {
      this.#pending = Buffer.from(line);
      return size;
    }
    this.#pending = EMPTY;
    this.#left = chunkSize(line);
    if (this.#left > 0) this.#phase = Phase.chunkData;
    else {
      this.#phase = Phase.trailer;
      this.#trailerBytes = 0;
    }
    return newline + 1;
  }

  /** Trailers are read and dropped: scripts cannot see them. */
  #readTrailer(buffer: Buffer, at: number, size: number): number {
    const newline = indexOfByte(buffer, 10, at, size);
    const to = newline < 0 ? size : newline + 1;
    const part = buffer.subarray(at, to);
    const line = this.#pending.length === 0 ? part : Buffer.concat([this.#pending, part]);
    this.#trailerBytes += to - at;
    if (this.#trailerBytes > MAX_HEAD) throw new ProtocolError('http: suspiciously long trailer after chunked body');
    if (newline < 0) {
      this.#pending = Buffer.from(line);
      return size;
    }
    this.#pending = EMPTY;
    const blank = line.length === 1 || (line.length === 2 && line[0] === 13);
    if (blank) this.#phase = Phase.done;
    else if (!line.includes(58))
      throw new ProtocolError(`malformed MIME header line: ${line.toString('latin1').trimEnd()}`);
    return to;
  }

  #store(buffer: Buffer, from: number, to: number): void {
    if (!this.#keep) return;
    this.#pieces.push(Buffer.from(buffer.subarray(from, to)));
    this.#filled += to - from;
  }
}

/** Position behind the empty line that ends a head, or -1. Bare line feeds count as line ends, as in Go. */
function findHeadEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const newline = bytes.indexOf(10, at);
    if (newline < 0) return -1;
    const next = bytes[newline + 1];
    if (next === 10) return newline + 2;
    if (next === 13 && bytes[newline + 2] === 10) return newline + 3;
    at = newline + 1;
  }
}

function indexOfByte(buffer: Buffer, byte: number, from: number, to: number): number {
  const at = buffer.indexOf(byte, from);
  return at < to ? at : -1;
}

/** @param line with its line end; extensions after a semicolon are ignored */
function chunkSize(line: Buffer): number {
  if (line[line.length - 2] !== 13) throw new ProtocolError('chunked line ends with bare LF');
  const text = line.toString('latin1', 0, line.length - 2);
  const semicolon = text.indexOf(';');
  const digits = (semicolon < 0 ? text : text.slice(0, semicolon)).replace(/[ \t]+$/, '');
  if (digits === '') throw new ProtocolError('empty hex number for chunk length');
  if (!/^[0-9a-fA-F]+$/.test(digits)) throw new ProtocolError('invalid byte in chunk length');
  if (digits.length > 16) throw new ProtocolError('http chunk length too large');
  const size = Number.parseInt(digits, 16);
  if (size > Number.MAX_SAFE_INTEGER) throw new ProtocolError('http chunk length too large');
  return size;
}
