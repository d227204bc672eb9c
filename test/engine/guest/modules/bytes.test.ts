import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64Decode,
  base64Encode,
  hexEncode,
  isArrayBuffer,
  utf8Decode,
  utf8Encode,
  utf8Unfinished,
} from '../../../../src/engine/guest/modules/bytes.ts';

describe('UTF-8', () => {
  it('encodes every text as TextEncoder does, lone surrogates included', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.uint16Array().map((units) => String.fromCharCode(...units)),
        (a, b) => {
          expect(utf8Encode(a + b)).toEqual(new TextEncoder().encode(a + b));
        },
      ),
    );
  });

  it('decodes any bytes as the WHATWG decoder does', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), (noise, text) => {
        const bytes = new Uint8Array([...noise, ...new TextEncoder().encode(text), ...noise.slice(0, 3)]);
        expect(utf8Decode(bytes, 'maximal')).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      }),
    );
  });

  it('replaces byte by byte when asked to, as Go strings do', () => {
    expect(utf8Decode(Uint8Array.of(0xe2, 0x82, 0x41), 'byte')).toBe('\ufffd\ufffdA');
    expect(utf8Decode(Uint8Array.of(0xe2, 0x82, 0x41), 'maximal')).toBe('\ufffdA');
    expect(utf8Decode(Uint8Array.of(0xff), 'fatal')).toBeUndefined();
  });

  it('finds the unfinished character at the end', () => {
    const euro = utf8Encode('x€');
    expect([0, 1, 2, 3, 4].map((n) => utf8Unfinished(euro.subarray(0, n)))).toEqual([0, 0, 1, 2, 0]);
    expect(utf8Unfinished(Uint8Array.of(0x80, 0x80))).toBe(0);
  });
});

describe('base64', () => {
  it('agrees with Buffer in all four variants, and decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const std = Buffer.from(bytes).toString('base64');
        expect(base64Encode(bytes, 'std')).toBe(std);
        expect(base64Encode(bytes, 'rawstd')).toBe(std.replace(/=+$/, ''));
        expect(base64Encode(bytes, 'url')).toBe(std.replaceAll('+', '-').replaceAll('/', '_'));
        expect(base64Encode(bytes, 'rawurl')).toBe(Buffer.from(bytes).toString('base64url'));
        for (const variant of ['std', 'rawstd', 'url', 'rawurl'] as const) {
          expect(base64Decode(base64Encode(bytes, variant), variant)).toEqual(bytes);
        }
      }),
    );
  });

  it('skips line breaks and refuses what is not base64', () => {
    expect(base64Decode('aG\r\nk=\n', 'std')).toEqual(Uint8Array.of(104, 105));
    for (const text of ['aGk', 'aGk==', 'a', 'aG=k', '***', 'aGk= ']) {
      expect(() => base64Decode(text, 'std')).toThrow(/illegal base64 data at input byte/);
    }
  });
});

it('writes hexadecimal', () => {
  expect(hexEncode(Uint8Array.of(0, 10, 255))).toBe('000aff');
});

it('knows an ArrayBuffer by its brand', () => {
  expect(isArrayBuffer(new ArrayBuffer(1))).toBe(true);
  expect(isArrayBuffer(Object.create(ArrayBuffer.prototype))).toBe(false);
  expect(isArrayBuffer(new Uint8Array(1))).toBe(false);
});
