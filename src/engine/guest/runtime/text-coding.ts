/** TextEncoder and TextDecoder, which the realm lacks: UTF-8, and UTF-16 for decoding. */

const { fromCharCode } = String;

export class TextEncoder {
  readonly encoding = 'utf-8';

  encode(text: unknown = ''): Uint8Array {
    const units = String(text);
    const bytes = new Uint8Array(units.length * 3);
    let length = 0;
    for (let i = 0; i < units.length; i++) {
      let code = units.charCodeAt(i);
      if (code >= 0xd800 && code < 0xe000) {
        const low = code < 0xdc00 ? units.charCodeAt(i + 1) : NaN;
        if (low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          i++;
        } else code = 0xfffd;
      }
      if (code < 0x80) bytes[length++] = code;
      else {
        const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        bytes[length++] = ((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more));
        for (let k = more - 1; k >= 0; k--) bytes[length++] = 0x80 | ((code >> (6 * k)) & 0x3f);
      }
    }
    return bytes.slice(0, length);
  }
}
Object.defineProperty(TextEncoder.prototype, Symbol.toStringTag, { value: 'TextEncoder' });

const labels: Readonly<Record<string, string>> = {
  __proto__: null as never,
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'unicode-1-1-utf-8': 'utf-8',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
};

interface DecoderOptions {
  readonly fatal?: unknown;
  readonly ignoreBOM?: unknown;
}

export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** Bytes of an unfinished character, kept between streamed calls. */
  #rest: number[] = [];

  constructor(label: unknown = 'utf-8', options: DecoderOptions = {}) {
    const encoding = labels[String(label).trim().toLowerCase()];
    if (encoding === undefined) throw new RangeError(`unsupported encoding: ${String(label)}`);
    this.encoding = encoding;
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  decode(input?: unknown, options: { readonly stream?: unknown } = {}): string {
    const fresh = bytesOf(input);
    const bytes = new Uint8Array(this.#rest.length + fresh.length);
    bytes.set(this.#rest);
    bytes.set(fresh, this.#rest.length);
    const stream = Boolean(options.stream);
    const { text, rest } =
      this.encoding === 'utf-8' ? decodeUtf8(bytes, this.fatal, stream) : this.#utf16(bytes, stream);
    this.#rest = rest;
    return !this.ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  #utf16(bytes: Uint8Array, stream: boolean): { text: string; rest: number[] } {
    const high = this.encoding === 'utf-16be' ? 0 : 1;
    let text = '';
    for (let i = 0; i + 1 < bytes.length; i += 2) {
      text += fromCharCode(((bytes[i + high] as number) << 8) | (bytes[i + 1 - high] as number));
    }
    if (bytes.length % 2 === 0) return { text, rest: [] };
    if (stream) return { text, rest: [bytes[bytes.length - 1] as number] };
    if (this.fatal) throw new TypeError('the encoded data is not valid');
    return { text: `${text}\ufffd`, rest: [] };
  }
}
Object.defineProperty(TextDecoder.prototype, Symbol.toStringTag, { value: 'TextDecoder' });

function bytesOf(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array();
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  throw new TypeError('TextDecoder.decode: the input must be an ArrayBuffer or a view of one');
}

/** The WHATWG algorithm: each maximal invalid part becomes one replacement character. */
function decodeUtf8(bytes: Uint8Array, fatal: boolean, stream: boolean): { text: string; rest: number[] } {
  let text = '';
  let i = 0;
  while (i < bytes.length) {
    const first = bytes[i] as number;
    if (first < 0x80) {
      text += fromCharCode(first);
      i++;
      continue;
    }
    const more =
      first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
    let lower = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let upper = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let code = more === 0 ? 0 : first & (0x3f >> more);
    let k = 1;
    for (; k <= more; k++) {
      const next = bytes[i + k];
      if (next === undefined || next < lower || next > upper) break;
      [lower, upper] = [0x80, 0xbf];
      code = (code << 6) | (next & 0x3f);
    }
    if (more > 0 && k > more) {
      text += String.fromCodePoint(code);
      i += k;
      continue;
    }
    if (stream && more > 0 && i + k === bytes.length) return { text, rest: Array.from(bytes.subarray(i)) };
    if (fatal) throw new TypeError('the encoded data is not valid UTF-8');
    text += '\ufffd';
    i += k;
  }
  return { text, rest: [] };
}
