/**
 * Decoding of one configuration value, from JSON (script, config file) or from text (environment, flags), into the
 * canonical form that layers are merged in. Messages follow Go's decoders, because k6 users know them.
 */
import { DurationError, formatDuration, parseDuration } from './duration.ts';

/** A value that an option cannot take. The caller adds which option, and where it was set. */
export class DecodeError extends Error {}

export interface Codec<T> {
  json(value: unknown): T;
  /** Values besides null that mean that nothing was given. */
  readonly absent?: (value: unknown) => boolean;
  /** `undefined` when this option has no textual form. */
  readonly text: ((text: string) => T) | undefined;
  /** The form scripts see in `exec.test.options`, and `inspect` prints. */
  show(value: T): unknown;
}

const KIND: Readonly<Record<string, string>> = { boolean: 'bool', object: 'object', bigint: 'number' };

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return KIND[typeof value] ?? typeof value;
}

function mismatch(value: unknown, goType: string): DecodeError {
  const shown = typeof value === 'number' ? `number ${value}` : kindOf(value);
  return new DecodeError(`json: cannot unmarshal ${shown} into Go value of type ${goType}`);
}

/** Of a scalar, in the words of the library that k6 decodes them with. */
function notA(type: string, value: unknown): DecodeError {
  const kind = typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : kindOf(value);
  return new DecodeError(`json: cannot unmarshal ${kind} into Go value of type null.${type}`);
}

/** Whether an option, or a field of one, was given. */
export function isGiven<T>(codec: Codec<T>, value: unknown): boolean {
  return value != null && codec.absent?.(value) !== true;
}

function same(value: unknown): unknown {
  return value;
}

export const bool: Codec<boolean> = {
  json(value) {
    if (typeof value !== 'boolean') throw notA('Bool', value);
    return value;
  },
  text(text) {
    if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
    if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
    throw new DecodeError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  },
  show: same,
};

function readInt(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new DecodeError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

export const int: Codec<number> = {
  // As `vus: __ENV.VUS` gives it: a text is read, an empty one is none.
  json(value) {
    if (typeof value === 'string') return readInt(value);
    if (typeof value !== 'number') throw notA('Int', value);
    if (!Number.isInteger(value)) throw mismatch(value, 'int64');
    return value;
  },
  absent: (value) => value === '',
  text: readInt,
  show: same,
};

export const str: Codec<string> = {
  json(value) {
    if (typeof value !== 'string') throw notA('String', value);
    return value;
  },
  text: (text) => text,
  show: same,
};

/** Milliseconds. */
export const duration: Codec<number> = {
  json(value) {
    if (typeof value === 'number') return value;
    if (typeof value !== 'string') throw new DecodeError(`unexpected ${kindOf(value)} where a duration is expected`);
    return readDuration(value);
  },
  text: readDuration,
  show: formatDuration,
};

export function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof DurationError) throw new DecodeError(error.message);
    throw error;
  }
}

/** @param goType how a value that is no list is refused */
export function list<T>(item: Codec<T>, goType = '[]string'): Codec<readonly T[]> {
  return {
    json(value) {
      if (!Array.isArray(value)) throw mismatch(value, goType);
      return value.map((element) => item.json(element));
    },
    text: item.text && ((text) => (text === '' ? [] : text.split(',').map((part) => itemText(item, part.trim())))),
    show: (values) => values.map((value) => item.show(value)),
  };
}

function itemText<T>(item: Codec<T>, text: string): T {
  if (!item.text) throw new DecodeError('has no textual form');
  return item.text(text);
}

/** One of a few words. */
export function word<const T extends string>(words: readonly T[], describe: (text: string) => string): Codec<T> {
  const read = (text: string): T => {
    const found = words.find((candidate) => candidate === text);
    if (found === undefined) throw new DecodeError(describe(text));
    return found;
  };
  return { json: (value) => read(str.json(value)), text: read, show: same };
}

/** An object whose values share one codec; values `null` are left out. */
export function record<T>(
  item: Codec<T>,
  text?: (text: string) => Readonly<Record<string, T>>,
): Codec<Readonly<Record<string, T>>> {
  return {
    json(value) {
      return Object.fromEntries(
        Object.entries(asObject(value)).flatMap(([key, element]) =>
          element == null ? [] : [[key, item.json(element)] as const],
        ),
      );
    },
    text,
    show: (values) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, item.show(value)])),
  };
}

/** @param fields known ones come under these names: Go's decoder takes a field in whatever case it is written */
export function asObject(value: unknown, fields: readonly string[] = []): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, 'object');
  const names = new Map(fields.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [names.get(key.toLowerCase()) ?? key, field]));
}

/** `key=value`, as --tag, --env and K6_TAGS write it. */
export function pair(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new DecodeError(`expected key=value, got ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
