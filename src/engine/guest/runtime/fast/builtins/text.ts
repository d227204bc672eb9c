/** String.prototype.replace and JSON with callbacks that may suspend. */
import { PENDING } from '../../suspend.ts';
import { c0, c1, c2, cs, type Frame } from '../machine.ts';
import { define, lengthOf } from './arrays.ts';

type Native = (this: unknown, ...args: unknown[]) => unknown;
const { apply } = Reflect;

interface Match {
  readonly args: readonly unknown[];
}

/**
 * replace and replaceAll: the native method finds all matches before the first callback in any case, so it can be asked for
 * them first, with a callback that only notes its arguments.
 */
export function replaceWith(native: Native) {
  return function* (this: unknown, pattern: unknown, callback: unknown): Frame {
    const matches: Match[] = [];
    // A mark that no text contains would still leave the position to be guessed: the pieces between are noted instead.
    apply(native, this, [
      pattern,
      (...args: unknown[]) => {
        matches[matches.length] = { args };
        return '';
      },
    ]);
    const text = String(this);
    let result = '';
    let end = 0;
    for (const { args } of matches) {
      const got = cs(undefined, callback, args);
      const replacement = String(got === PENDING ? yield got : got);
      const named = typeof args.at(-1) === 'object' && args.at(-1) !== null;
      const position = args.at(named ? -3 : -2) as number;
      if (position < end) continue;
      result += text.slice(end, position) + replacement;
      end = position + String(args[0]).length;
    }
    return result + text.slice(end);
  };
}

/** JSON.parse with a reviver. */
export function reviving(nativeParse: (text: string) => unknown) {
  return function* (this: unknown, text: unknown, reviver: unknown): Frame {
    return yield* revive({ '': nativeParse(String(text)) }, '', reviver);
  };
}

function* revive(holder: Record<string, unknown>, key: string, reviver: unknown): Frame {
  const value = holder[key];
  if (typeof value === 'object' && value !== null) {
    const object = value as Record<string, unknown>;
    const keys = Array.isArray(value)
      ? Array.from({ length: lengthOf(value as never) }, (_, i) => String(i))
      : Object.keys(object);
    for (const name of keys) {
      const element = yield* revive(object, name, reviver);
      if (element === undefined) Reflect.deleteProperty(object, name);
      else
        Reflect.defineProperty(object, name, { value: element, writable: true, enumerable: true, configurable: true });
    }
  }
  const got = c2(holder, reviver, key, value);
  return got === PENDING ? yield got : got;
}

/** JSON.stringify with a replacer function. */
export function stringifying(nativeStringify: (value: unknown) => string) {
  return function* (this: unknown, value: unknown, replacer: unknown, space: unknown): Frame {
    const holder = {};
    define(holder, '', value);
    return yield* new Serializer(nativeStringify, replacer, gapOf(space)).property(holder, '', '');
  };
}

function gapOf(space: unknown): string {
  const plain = space instanceof Number ? Number(space) : space instanceof String ? String(space) : space;
  if (typeof plain === 'number') return ' '.repeat(Math.max(0, Math.min(10, Math.trunc(plain) || 0)));
  return typeof plain === 'string' ? plain.slice(0, 10) : '';
}

class Serializer {
  readonly #native: (value: unknown) => string;
  readonly #replacer: unknown;
  readonly #gap: string;
  readonly #open: object[] = [];

  constructor(native: (value: unknown) => string, replacer: unknown, gap: string) {
    this.#native = native;
    this.#replacer = replacer;
    this.#gap = gap;
  }

  /** SerializeJSONProperty of ECMA-262. */
  *property(holder: object, key: string, indent: string): Generator<unknown, string | undefined, unknown> {
    let value: unknown = (holder as Record<string, unknown>)[key];
    if ((typeof value === 'object' && value !== null) || typeof value === 'bigint') {
      const toJSON: unknown = (value as { toJSON?: unknown }).toJSON;
      if (typeof toJSON === 'function') {
        const got = c1(value, toJSON, key);
        value = got === PENDING ? yield got : got;
      }
    }
    const got = c2(holder, this.#replacer, key, value);
    value = got === PENDING ? yield got : got;
    if (value instanceof Number) value = Number(value);
    else if (value instanceof String) value = String(value);
    else if (value instanceof Boolean || value instanceof BigInt) value = value.valueOf();
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return this.#native(value);
    if (this.#open.includes(value)) throw new TypeError('Converting circular structure to JSON');
    this.#open.push(value);
    const inner = indent + this.#gap;
    const parts: string[] = [];
    const list = Array.isArray(value);
    const keys = list ? Array.from({ length: lengthOf(value as never) }, (_, i) => String(i)) : Object.keys(value);
    for (const name of keys) {
      const text = yield* this.property(value, name, inner);
      if (list) parts.push(text ?? 'null');
      else if (text !== undefined) parts.push(`${this.#native(name)}:${this.#gap === '' ? '' : ' '}${text}`);
    }
    this.#open.pop();
    const [open, close] = list ? '[]' : '{}';
    if (parts.length === 0 || this.#gap === '') return `${open ?? ''}${parts.join()}${close ?? ''}`;
    return `${open ?? ''}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close ?? ''}`;
  }
}

/** Object.fromEntries over an iterator that may suspend. */
export function* fromEntries(this: unknown, iterable: unknown): Frame {
  const method: unknown = (iterable as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  let got = c0(iterable, method);
  const iterator = (got === PENDING ? yield got : got) as object;
  const { next } = iterator as { next: unknown };
  const target = {};
  for (;;) {
    got = c0(iterator, next);
    const result = (got === PENDING ? yield got : got) as IteratorResult<readonly unknown[]>;
    if (result.done) return target;
    const [key, value] = [result.value[0], result.value[1]];
    define(target, typeof key === 'symbol' ? (key as never) : String(key), value);
  }
}
