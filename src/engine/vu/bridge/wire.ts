/**
 * The encoding of what crosses between a VU's worker and its engine thread: primitives, arrays, plain objects, bytes and
 * tag sets. Object keys and tag sets are described once per link and named by number from then on.
 */
import type { TagSet } from '../../contracts/metrics.ts';
import { Recent } from './recent.ts';

const Kind = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  int: 4,
  double: 5,
  ascii: 6,
  utf8: 7,
  array: 8,
  object: 9,
  bytes: 10,
  tagSet: 11,
  newTagSet: 12,
  /** What the field held last time. */
  same: 13,
  /** The tag set that was written last. */
  lastTagSet: 14,
  /** A name by its number, or one that gets the next number. */
  name: 15,
  newName: 16,
} as const;

/** Names that get a number, and the longest of them; others are sent as text each time. */
const MAX_NAMES = 512;
const LONGEST_NAME = 256;

/** Longer texts are not remembered: each VU would keep its last answers, however long. */
export const MEMORABLE = 16 * 1024;
const NOTHING = Symbol('nothing');

/** What a slot may remember: not bytes, whose content can change. */
function memory(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= MEMORABLE ? value : NOTHING;
  return ArrayBuffer.isView(value) ? NOTHING : value;
}

/** What has been encoded: the first bytes of a memory. */
export interface Frame {
  readonly bytes: Buffer;
  /** The same memory: a `DataView` reads numbers with less work than a `Buffer`, most of all before V8 has optimised it. */
  readonly view: DataView;
  length: number;
}

export function frameIn(memory: ArrayBufferLike, length = 0): Frame {
  return { bytes: Buffer.from(memory), view: new DataView(memory), length };
}

/** Longest string looked at character by character. */
const SHORT = 64;
const NEW_KEY = 0xffff;

/** Recognises tag sets among the values to encode; they have an id that is unique in their space, or -1. */
type IsTagSet = (value: object) => value is TagSet;

export class Encoder {
  /** By kind; see records.ts. */
  readonly recent = [new Recent(), new Recent()] as const;
  #buffer = Buffer.allocUnsafeSlow(16 * 1024);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;
  readonly #keys = new Map<string, number>();
  readonly #names = new Map<string, number>();
  readonly #tagSets = new Set<number>();
  #lastTagSet: TagSet | undefined;
  readonly #last: unknown[] = [];
  readonly #isTagSet: IsTagSet | undefined;

  /** @param isTagSet left out by a side that sends none */
  constructor(isTagSet?: IsTagSet) {
    this.#isTagSet = isTagSet;
  }

  get length(): number {
    return this.#length;
  }

  /** What has been encoded since the last `take`; valid until the next value is encoded. */
  peek(): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, 0, this.#length);
  }

  /** The same, and begins anew. */
  take(): Uint8Array {
    const bytes = this.peek();
    this.#length = 0;
    return bytes;
  }

  /** Keeps only the first bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** From now on nothing is referred to that was said before; the decoder must forget at the same place. */
  forget(): void {
    this.#keys.clear();
    this.#names.clear();
    this.#tagSets.clear();
    this.#lastTagSet = undefined;
    this.#last.length = 0;
    for (const recent of this.recent) recent.forget();
  }

  /** Forgets the first bytes of what `peek` gives. */
  drop(bytes: number): void {
    this.#buffer.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  int(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(value: string): void {
    const { length } = value;
    if (length <= SHORT) {
      this.#reserve(length + 5);
      const buffer = this.#buffer;
      let at = this.#length + 5;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        buffer[at++] = code;
      }
      if (i === length) {
        buffer[this.#length] = Kind.ascii;
        this.#view.setInt32(this.#length + 1, length, true);
        this.#length = at;
        return;
      }
    }
    this.#reserve(length * 3 + 5);
    const written = this.#buffer.write(value, this.#length + 5, 'utf8');
    this.#buffer[this.#length] = Kind.utf8;
    this.#view.setInt32(this.#length + 1, written, true);
    this.#length += 5 + written;
  }

  /** A text that comes again and again, such as a check's name. */
  name(value: string): void {
    const known = this.#names.get(value);
    if (known !== undefined) {
      this.byte(Kind.name);
      this.int(known);
      return;
    }
    if (value.length <= LONGEST_NAME && this.#names.size < MAX_NAMES) {
      this.#names.set(value, this.#names.size);
      this.byte(Kind.newName);
    }
    this.text(value);
  }

  tagSet(set: TagSet): void {
    if (set === this.#lastTagSet) {
      this.byte(Kind.lastTagSet);
      return;
    }
    const { id } = set;
    if (id >= 0) this.#lastTagSet = set;
    if (id >= 0 && this.#tagSets.has(id)) {
      this.byte(Kind.tagSet);
      this.int(id);
      return;
    }
    if (id >= 0) this.#tagSets.add(id);
    this.byte(Kind.newTagSet);
    this.int(id);
    const entries = set.entries();
    this.int(entries.length);
    for (const [key, value] of entries) {
      this.text(key);
      this.text(value);
    }
  }

  /** A value that is often the one the same slot held before; objects must not have changed since. */
  field(slot: number, value: unknown): void {
    const last = this.#last;
    while (last.length <= slot) last.push(NOTHING);
    if (last[slot] === value) {
      this.byte(Kind.same);
      return;
    }
    last[slot] = memory(value);
    this.value(value);
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        return;
      case 'number':
        if ((value | 0) === value && !Object.is(value, -0)) {
          this.byte(Kind.int);
          this.int(value);
        } else {
          this.byte(Kind.double);
          this.double(value);
        }
        return;
      case 'boolean':
        this.byte(value ? Kind.true : Kind.false);
        return;
      case 'object':
        if (value === null) this.byte(Kind.null);
        else this.#object(value);
        return;
      default:
        this.byte(Kind.undefined);
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) {
      const { length } = value;
      this.byte(Kind.array);
      this.int(length);
      // By index: the script may have changed how its arrays are gone through, and must not run in the middle of a record.
      for (let i = 0; i < length; i++) this.value(value[i]);
    } else if (ArrayBuffer.isView(value) || isBuffer(value)) {
      const bytes = ArrayBuffer.isView(value)
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : new Uint8Array(value);
      this.byte(Kind.bytes);
      this.int(bytes.length);
      this.#reserve(bytes.length);
      this.#buffer.set(bytes, this.#length);
      this.#length += bytes.length;
    } else if (this.#isTagSet?.(value) === true) {
      this.tagSet(value);
    } else {
      this.byte(Kind.object);
      const at = this.#length;
      this.int(0);
      let count = 0;
      for (const key of Object.keys(value)) {
        this.#key(key);
        this.value((value as Record<string, unknown>)[key]);
        count++;
      }
      this.#view.setInt32(at, count, true);
    }
  }

  #key(key: string): void {
    this.#reserve(2);
    const known = this.#keys.get(key);
    this.#view.setUint16(this.#length, known ?? NEW_KEY, true);
    this.#length += 2;
    if (known !== undefined) return;
    // Both sides count alike; objects used as dictionaries must not fill the table.
    if (this.#keys.size < NEW_KEY - 1) this.#keys.set(key, this.#keys.size);
    this.text(key);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    const view = new DataView(grown.buffer);
    this.#buffer = grown;
    this.#view = view;
  }
}

/** The values may come from another realm, so `instanceof` says nothing. */
function isBuffer(value: object): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]';
}

export class Decoder {
  /** What {@link Encoder.recent} holds on the other side. */
  readonly recent = [new Recent(), new Recent()] as const;
  #buffer: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #end = 0;
  readonly #keys: string[] = [];
  readonly #names: string[] = [];
  readonly #tagSets = new Map<number, TagSet>();
  #lastTagSet: TagSet | undefined;
  readonly #last: unknown[] = [];
  readonly #intern: (entries: readonly (readonly [string, string])[]) => TagSet;

  constructor(intern: (entries: readonly (readonly [string, string])[]) => TagSet) {
    this.#intern = intern;
  }

  /** Begins with a frame; values decoded are copies of it. */
  feed(frame: Frame): void {
    this.#buffer = frame.bytes;
    this.#view = frame.view;
    this.#at = 0;
    this.#end = frame.length;
  }

  /** See {@link Encoder.forget}. */
  forget(): void {
    this.#keys.length = 0;
    this.#names.length = 0;
    this.#tagSets.clear();
    this.#lastTagSet = undefined;
    this.#last.length = 0;
    for (const recent of this.recent) recent.forget();
  }

  get done(): boolean {
    if (this.#at > this.#end) throw new Error('a frame ended in the middle of a record');
    return this.#at === this.#end;
  }

  byte(): number {
    return this.#buffer[this.#at++] as number;
  }

  int(): number {
    const value = this.#view.getInt32(this.#at, true);
    this.#at += 4;
    return value;
  }

  double(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  text(): string {
    return this.value() as string;
  }

  field(slot: number): unknown {
    const last = this.#last;
    if (this.#buffer[this.#at] === Kind.same) {
      this.#at++;
      return last[slot];
    }
    while (last.length <= slot) last.push(undefined);
    const value = this.value();
    last[slot] = memory(value);
    return value;
  }

  value(): unknown {
    const kind = this.byte();
    switch (kind) {
      case Kind.null:
        return null;
      case Kind.false:
        return false;
      case Kind.true:
        return true;
      case Kind.int:
        return this.int();
      case Kind.double:
        return this.double();
      case Kind.ascii:
      case Kind.utf8: {
        const length = this.int();
        const start = this.#at;
        this.#at += length;
        return this.#buffer.toString(kind === Kind.ascii ? 'latin1' : 'utf8', start, this.#at);
      }
      case Kind.array: {
        const length = this.int();
        const list: unknown[] = [];
        for (let i = 0; i < length; i++) list.push(this.value());
        return list;
      }
      case Kind.object: {
        const object: Record<string, unknown> = {};
        for (let count = this.int(); count > 0; count--) {
          const key = this.#key();
          const value = this.value();
          // A key of the network's or the script's choice must not become a prototype.
          if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true });
          else object[key] = value;
        }
        return object;
      }
      case Kind.bytes: {
        const length = this.int();
        const bytes = new Uint8Array(length);
        bytes.set(this.#buffer.subarray(this.#at, this.#at + length));
        this.#at += length;
        return bytes;
      }
      case Kind.tagSet:
        return (this.#lastTagSet = this.#tagSets.get(this.int()));
      case Kind.newTagSet:
        return this.#newTagSet();
      case Kind.lastTagSet:
        return this.#lastTagSet;
      case Kind.name:
        return this.#names[this.int()];
      case Kind.newName: {
        const name = this.text();
        this.#names.push(name);
        return name;
      }
      default:
        return undefined;
    }
  }

  #newTagSet(): TagSet {
    const id = this.int();
    const entries: (readonly [string, string])[] = [];
    for (let count = this.int(); count > 0; count--) entries.push([this.text(), this.text()]);
    const set = this.#intern(entries);
    if (id >= 0) {
      this.#tagSets.set(id, set);
      this.#lastTagSet = set;
    }
    return set;
  }

  #key(): string {
    const id = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    if (id !== NEW_KEY) return this.#keys[id] as string;
    const key = this.text();
    if (this.#keys.length < NEW_KEY - 1) this.#keys.push(key);
    return key;
  }
}
