/**
 * Bytes in the guest realm: UTF-8, base64, hexadecimal. The realm has no Buffer, and what a script is handed must be
 * made of the realm's own ArrayBuffers.
 */

export type Base64Variant = 'std' | 'rawstd' | 'url' | 'rawurl';

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = STANDARD.slice(0, 62) + '-_';
const HEX = '0123456789abcdef';
const REPLACEMENT = 0xfffd;
/** Arguments per String.fromCharCode call: far below every engine's limit, large enough to be quick. */
const CHUNK = 4096;

const tableOf = (alphabet: string): Int8Array => {
  const table = new Int8Array(128).fill(-1);
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
};

interface Codec {
  readonly alphabet: string;
  readonly table: Int8Array;
  readonly padded: boolean;
}

const standard = tableOf(STANDARD);
const urlSafe = tableOf(URL_SAFE);
const codecs: Readonly<Record<Base64Variant, Codec>> = {
  std: { alphabet: STANDARD, table: standard, padded: true },
  rawstd: { alphabet: STANDARD, table: standard, padded: false },
  url: { alphabet: URL_SAFE, table: urlSafe, padded: true },
  rawurl: { alphabet: URL_SAFE, table: urlSafe, padded: false },
};

/** Names k6 does not know mean `std`. */
export function base64Variant(name: unknown): Base64Variant {
  return name === 'rawstd' || name === 'url' || name === 'rawurl' ? name : 'std';
}

/** Lone surrogates become U+FFFD, as in every UTF-8 encoder. */
export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(text.length * 3);
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      out[n++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 ? text.charCodeAt(i + 1) : Number.NaN;
      if (low >= 0xdc00 && low <= 0xdfff) {
        i++;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        out[n++] = 0xf0 | (code >> 18);
        out[n++] = 0x80 | ((code >> 12) & 0x3f);
        out[n++] = 0x80 | ((code >> 6) & 0x3f);
        out[n++] = 0x80 | (code & 0x3f);
        continue;
      }
      code = REPLACEMENT;
    }
    if (code < 0x800) {
      out[n++] = 0xc0 | (code >> 6);
    } else {
      out[n++] = 0xe0 | (code >> 12);
      out[n++] = 0x80 | ((code >> 6) & 0x3f);
    }
    out[n++] = 0x80 | (code & 0x3f);
  }
  return out.slice(0, n);
}

/**
 * How many bytes an ill-formed sequence may swallow: `byte` (each becomes one U+FFFD, what Go strings do), `maximal`
 * (one U+FFFD for the longest valid beginning, the WHATWG rule), `fatal` (undefined is returned).
 */
export type OnInvalid = 'byte' | 'maximal' | 'fatal';

export function utf8Decode(bytes: Uint8Array, onInvalid: 'byte' | 'maximal'): string;
export function utf8Decode(bytes: Uint8Array, onInvalid: OnInvalid): string | undefined;
export function utf8Decode(bytes: Uint8Array, onInvalid: OnInvalid): string | undefined {
  let out = '';
  let units: number[] = [];
  const end = bytes.length;
  for (let i = 0; i < end;) {
    if (units.length >= CHUNK) {
      out += String.fromCharCode(...units);
      units = [];
    }
    const first = bytes[i] ?? 0;
    if (first < 0x80) {
      units.push(first);
      i++;
      continue;
    }
    const sequence = readSequence(bytes, i, end);
    if (sequence.code < 0) {
      if (onInvalid === 'fatal') return undefined;
      units.push(REPLACEMENT);
      i += onInvalid === 'byte' ? 1 : sequence.length;
      continue;
    }
    i += sequence.length;
    if (sequence.code < 0x10000) units.push(sequence.code);
    else units.push(0xd800 + ((sequence.code - 0x10000) >> 10), 0xdc00 + ((sequence.code - 0x10000) & 0x3ff));
  }
  return out + String.fromCharCode(...units);
}

/** Length of the unfinished sequence at the end of `bytes`: 0 when it ends on a character. */
export function utf8Unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      const start = bytes.length - back;
      const { code, length } = readSequence(bytes, start, bytes.length);
      return code < 0 && length === back && needed > back ? back : 0;
    }
  }
  return 0;
}

/** A multi-byte sequence after table 3-7 of the Unicode standard; `code` is -1 when it is ill-formed. */
function readSequence(bytes: Uint8Array, at: number, end: number): { code: number; length: number } {
  const first = bytes[at] ?? 0;
  const extra =
    first >= 0xf0 && first <= 0xf4 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
  if (extra === 0) return { code: -1, length: 1 };
  let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  let code = first & (0x3f >> extra);
  for (let k = 1; k <= extra; k++) {
    const byte = at + k < end ? (bytes[at + k] ?? 0) : 0;
    if (byte < low || byte > high) return { code: -1, length: k };
    code = (code << 6) | (byte & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return { code, length: extra + 1 };
}

export function base64Encode(bytes: Uint8Array, variant: Base64Variant): string {
  const { alphabet, padded } = codecs[variant];
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += alphabet.charAt(group >> 18) + alphabet.charAt((group >> 12) & 63);
    if (left > 1) out += alphabet.charAt((group >> 6) & 63);
    else if (padded) out += '=';
    if (left > 2) out += alphabet.charAt(group & 63);
    else if (padded) out += '=';
  }
  return out;
}

/**
 * Line breaks are skipped; padding must be exactly what the variant asks for; superfluous low bits are ignored.
 * Throws an Error that names the offending position.
 */
export function base64Decode(text: string, variant: Base64Variant): Uint8Array<ArrayBuffer> {
  const { table, padded } = codecs[variant];
  const out = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let n = 0;
  let group = 0;
  let digits = 0;
  let i = 0;
  for (; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 10 || char === 13) continue;
    const value = char < 128 ? (table[char] ?? -1) : -1;
    if (value < 0) break;
    group = (group << 6) | value;
    if (++digits === 4) {
      out[n++] = group >> 16;
      out[n++] = group >> 8;
      out[n++] = group;
      group = 0;
      digits = 0;
    }
  }
  const stop = i;
  const rest = text.slice(i).replace(/[\r\n]/g, '');
  const padding = padded && digits > 0 ? '='.repeat(4 - digits) : '';
  if (digits === 1 || rest !== padding) throw new Error(`illegal base64 data at input byte ${stop}`);
  if (digits === 2) out[n++] = group >> 4;
  if (digits === 3) {
    out[n++] = group >> 10;
    out[n++] = group >> 2;
  }
  return out.slice(0, n);
}

export function hexEncode(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15);
  return out;
}

/** A view on the bytes of an ArrayBuffer or of any view on one, else undefined. Works across realms. */
export function viewOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return isArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

/** Strings as UTF-8, buffers and views as they are; anything else is a TypeError that names the argument. */
export function toBytes(value: unknown, what: string): Uint8Array {
  if (typeof value === 'string') return utf8Encode(value);
  const view = viewOf(value);
  if (view) return view;
  throw new TypeError(`invalid type for ${what}: expected string or ArrayBuffer, got ${describe(value)}`);
}

/** As a script would write `String(value)`. */
export const asText = (value: unknown): string => String(value);

export function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with a `this` below
const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get;

/** By brand, not by prototype: a buffer of another realm is one, an object that pretends is not. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== 'object' || value === null) return false;
  try {
    byteLength?.call(value);
    return true;
  } catch {
    return false;
  }
}
