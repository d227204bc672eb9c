import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBody } from '../../../../../src/engine/guest/modules/http/body.ts';
import { responseCookies } from '../../../../../src/engine/guest/modules/http/cookies.ts';
import { milliseconds } from '../../../../../src/engine/guest/modules/http/duration.ts';
import { callbackRanges, expectedStatuses } from '../../../../../src/engine/guest/modules/http/expected.ts';
import { FileData } from '../../../../../src/engine/guest/modules/http/file.ts';
import {
  canonicalName,
  requestHeaders,
  responseHeaders,
} from '../../../../../src/engine/guest/modules/http/headers.ts';
import { httpUrl } from '../../../../../src/engine/guest/modules/http/http-url.ts';

describe('header names', () => {
  it.each([
    ['content-type', 'Content-Type'],
    ['ETAG', 'Etag'],
    ['x-request-ID', 'X-Request-Id'],
    ['a b', 'a b'],
  ])('%s is written %s', (name, canonical) => {
    expect(canonicalName(name)).toBe(canonical);
  });
});

describe('response headers', () => {
  it('join equal names and leave out what Go keeps for itself', () => {
    expect(responseHeaders('x-a: 1\r\nX-A: 2\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nB:\r\n')).toEqual({
      'X-A': '1, 2',
      B: '',
    });
  });

  it('are objects of their own', () => {
    const lines = 'A: 1\r\n';
    const first = responseHeaders(lines);
    first['A'] = 'changed';
    expect(responseHeaders(lines)).toEqual({ A: '1' });
  });

  it('cannot reach the prototype', () => {
    const headers = responseHeaders('__proto__: x\r\n');
    expect(Object.keys(headers)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  it('are read the same whether they came before, a while ago or never', () => {
    const asked = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 300 });
    fc.assert(
      fc.property(asked, (ids) => {
        for (const id of ids) {
          const lines = `X-Id: ${id}\r\nServer: s\r\n`;
          expect(responseHeaders(lines)).toEqual({ 'X-Id': String(id), Server: 's' });
          expect(requestHeaders(lines)).toEqual({ 'X-Id': [String(id)], Server: ['s'] });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('of a request are lists', () => {
    expect(requestHeaders('User-Agent: k\r\nX: a, b\r\n')).toEqual({ 'User-Agent': ['k'], X: ['a, b'] });
  });
});

describe('response cookies', () => {
  it('show k6’s fields', () => {
    expect(responseCookies(['a=1; Path=/; Max-Age=0', 'a=2', 'not a cookie'])).toEqual({
      a: [
        {
          name: 'a',
          value: '1',
          domain: '',
          path: '/',
          http_only: false,
          secure: false,
          max_age: -1,
          expires: -6795364578871,
        },
        {
          name: 'a',
          value: '2',
          domain: '',
          path: '',
          http_only: false,
          secure: false,
          max_age: 0,
          expires: -6795364578871,
        },
      ],
    });
  });
});

describe('request bodies', () => {
  it.each<[unknown, string | undefined, string]>([
    ['text', 'text', ''],
    [{ b: 1, a: ['x', 'ü&'], n: null }, 'a=x&a=%C3%BC%26&b=1&n=%3Cnil%3E', 'application/x-www-form-urlencoded'],
    [{}, '', 'application/x-www-form-urlencoded'],
    [{ m: { z: 1, a: [1, 2] } }, 'm=map%5Ba%3A%5B1+2%5D+z%3A1%5D', 'application/x-www-form-urlencoded'],
    [undefined, undefined, ''],
    [null, undefined, ''],
  ])('%j is sent as %j', (body, data, contentType) => {
    expect(encodeBody(body)).toEqual({ data, contentType });
  });

  it('copies bytes, so that the script cannot change them under way', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const { data } = encodeBody(bytes.subarray(1));
    bytes[1] = 9;
    expect(data).toEqual(Uint8Array.of(2, 3));
  });

  it('with a file among the fields is multipart', () => {
    const { data, contentType } = encodeBody({ f: new FileData(Uint8Array.of(0xff).buffer, 'a"b', 'image/x'), t: 'v' });
    const boundary = /^multipart\/form-data; boundary=(\w+)$/.exec(contentType)?.[1] ?? '';
    const text = Buffer.from(data as Uint8Array).toString('latin1');
    expect(text).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="a\\"b"\r\nContent-Type: image/x\r\n\r\n\xff\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="t"\r\n\r\nv\r\n--${boundary}--\r\n`,
    );
  });

  it.each([
    [42, 'int64'],
    [1.5, 'float64'],
    [true, 'bool'],
  ])('of type %j are refused', (body, type) => {
    expect(() => encodeBody(body)).toThrow(`unknown request body type ${type}`);
  });
});

describe('durations', () => {
  it.each([
    [200, 200],
    ['150ms', 150],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['250', 250],
    ['soon', undefined],
    [Number.NaN, undefined],
  ])('%j', (text, expected) => {
    expect(milliseconds(text)).toBe(expected);
  });
});

describe('expectedStatuses', () => {
  it('takes numbers and ranges', () => {
    expect(callbackRanges(expectedStatuses([200, { min: 300, max: 399 }]))).toEqual([200, 200, 300, 399]);
    expect(callbackRanges(null)).toBeNull();
  });

  it.each([[['200']], [[{ min: 1 }]], [[]]])('refuses %j', (args) => {
    expect(() => expectedStatuses(args)).toThrow();
  });

  it('is the only thing that counts as a callback', () => {
    expect(() => callbackRanges(() => true)).toThrow('unsupported argument');
  });
});

describe('http.url', () => {
  it('names what is put in `${}` and masks credentials', () => {
    const url = httpUrl(['http://u:p@h/', '/x'], [7]);
    expect(url).toMatchObject({
      url: 'http://u:p@h/7/x',
      name: 'http://u:p@h/${}/x',
      clean_url: 'http://****:****@h/7/x',
    });
    expect(Object.keys(url).sort()).toEqual(['clean', 'clean_url', 'getURL', 'name', 'url']);
  });
});
