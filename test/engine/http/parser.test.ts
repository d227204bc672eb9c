import { get, type IncomingMessage } from 'node:http';
import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/engine/http/head.ts';
import { HeadMemory } from '../../../src/engine/http/head-memory.ts';
import { ResponseParser } from '../../../src/engine/http/parser.ts';
import { decodeText } from '../../../src/engine/http/text.ts';

interface Parsed {
  status: number;
  lines: string;
  body: string;
  complete: boolean;
  left: number;
}

/** Feeds the bytes in pieces that end at the given positions, through a buffer that is reused as a socket's is. */
function parse(
  bytes: Buffer,
  cuts: readonly number[] = [],
  toHead = false,
  parser = new ResponseParser(new HeadMemory()),
): Parsed {
  parser.begin(toHead, true);
  const shared = Buffer.alloc(bytes.length);
  let used = 0;
  let at = 0;
  let body: string | undefined;
  for (const cut of [...cuts, bytes.length]) {
    if (cut <= at || body !== undefined) continue;
    shared.fill(0xee);
    bytes.copy(shared, 0, at, cut);
    used = at + parser.execute(shared, cut - at);
    at = cut;
    if (parser.done) body = parser.bytes(shared).toString('latin1');
  }
  const complete = parser.end();
  body ??= parser.bytes(shared).toString('latin1');
  const { head } = parser;
  return { status: head?.status ?? 0, lines: head?.lines ?? '', body, complete, left: bytes.length - used };
}

const response = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('ResponseParser', () => {
  it('reads a body of known length and leaves what follows', () => {
    const parsed = parse(response('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1'));
    expect(parsed).toMatchObject({ status: 200, body: 'abc', complete: true, left: 8 });
  });

  it('reads chunks with extensions and trailers', () => {
    const text =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A \r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nrest';
    expect(parse(response(text))).toMatchObject({ body: 'abc0123456789', complete: true, left: 4 });
  });

  it.each([204, 304])('expects no body after status %i', (status) => {
    expect(parse(response(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`))).toMatchObject({
      status,
      body: '',
      complete: true,
    });
  });

  it('expects no body in answer to HEAD', () => {
    expect(parse(response('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'), [], true)).toMatchObject({
      body: '',
      complete: true,
      left: 0,
    });
  });

  it('reads to the end of the stream without a length', () => {
    expect(parse(response('HTTP/1.0 200 OK\r\n\r\nall of it'))).toMatchObject({ body: 'all of it', complete: true });
  });

  it('knows when a body was cut short', () => {
    expect(parse(response('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'))).toMatchObject({
      body: 'abc',
      complete: false,
    });
    expect(parse(response('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'))).toMatchObject({
      body: 'ab',
      complete: false,
    });
  });

  it('skips interim responses, but not without end', () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n';
    const final = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
    expect(parse(response(interim.repeat(5) + final))).toMatchObject({ status: 200, complete: true });
    expect(() => parse(response(interim.repeat(6) + final))).toThrow('too many 1xx');
  });

  it('takes bare line feeds as line ends of the head', () => {
    expect(parse(response('HTTP/1.1 200 OK\nContent-Length: 2\n\nab'))).toMatchObject({ body: 'ab', complete: true });
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'multiple Content-Length'],
    ['HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n', 'bad Content-Length'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n', 'bad Content-Length'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 'unsupported transfer encoding'],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
      'too many transfer encodings',
    ],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n', 'malformed MIME header'],
    ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'malformed MIME header'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'malformed HTTP status code "2000"'],
    ['HTTP/1.1 20x OK\r\n\r\n', 'malformed HTTP status code "20x"'],
    ['SSH-2.0-OpenSSH_9\r\n\r\n', 'malformed HTTP response'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'invalid byte in chunk length'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n', 'bare LF'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n', 'malformed chunked encoding'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n', 'invalid byte in chunk length'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(response(text))).toThrow(ProtocolError);
    expect(() => parse(response(text))).toThrow(message);
  });

  it('lets equal duplicate lengths pass, and chunked win over a length', () => {
    expect(parse(response('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na'))).toMatchObject({
      body: 'a',
      complete: true,
    });
    const both = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n';
    expect(parse(response(both))).toMatchObject({ body: 'a', complete: true, left: 0 });
  });

  it('recognises the head it has seen before, whatever the body', () => {
    const parser = new ResponseParser(new HeadMemory());
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n';
    expect(parse(response(`${head}abc`), [], false, parser).body).toBe('abc');
    const known = parser.head;
    expect(parse(response(`${head}xyz`), [], false, parser).body).toBe('xyz');
    expect(parser.head).toBe(known);
    expect(parse(response('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd'), [], false, parser).body).toBe('abcd');
    expect(parser.head).not.toBe(known);
  });

  it('looks for it where the target keeps it, and goes on after heads that never come again', () => {
    const parser = new ResponseParser(new HeadMemory());
    const memory = new HeadMemory();
    const head = (id: number) => response(`HTTP/1.1 200 OK\r\nX-Id: ${id}\r\nContent-Length: 1\r\n\r\n${id % 10}`);
    const take = (id: number, where?: HeadMemory) => {
      const bytes = head(id);
      parser.begin(false, true, where);
      expect(parser.execute(bytes, bytes.length)).toBe(bytes.length);
      expect(parser.head?.lines).toBe(`X-Id: ${id}\r\nContent-Length: 1\r\n`);
      expect(parser.bytes(bytes).toString()).toBe(String(id % 10));
      return parser.head;
    };
    const first = take(1, memory);
    expect(take(2)).not.toBe(first);
    expect(take(1, memory)).toBe(first);
    for (let id = 0; id < 200; id++) take(id, memory);
    const kept = Array.from({ length: 200 }, () => take(7, memory));
    expect(kept.at(-1)).toBe(kept.at(-2));
  });

  it('joins folded header lines to their header', () => {
    const parsed = parse(response('HTTP/1.1 200 OK\r\nX-A: one\r\n  two\r\nContent-Length: 0\r\n\r\n'));
    expect(parsed).toMatchObject({ complete: true, lines: 'X-A: one\r\n  two\r\nContent-Length: 0\r\n' });
  });

  const token = fc.stringMatching(/^[A-Za-z-]{1,12}$/);
  const bodies = fc.stringMatching(/^[ -~\r\n]{0,60}$/);
  const responses = fc
    .record({
      status: fc.constantFrom(200, 201, 204, 304, 404, 500),
      headers: fc.array(
        fc.tuple(
          token.map((name) => `X-${name}`),
          fc.stringMatching(/^[!-~]{0,20}$/),
        ),
        { maxLength: 5 },
      ),
      chunks: fc.array(
        bodies.filter((text) => text !== ''),
        { maxLength: 4 },
      ),
      framing: fc.constantFrom('length', 'chunked', 'end'),
      interim: fc.boolean(),
    })
    .map(({ status, headers, chunks, framing, interim }) => {
      const bodiless = status === 204 || status === 304;
      const body = bodiless ? '' : chunks.join('');
      let text = interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
      text += `HTTP/1.1 ${status} Reason\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
      if (framing === 'length') text += `Content-Length: ${body.length}\r\n\r\n${body}`;
      else if (framing === 'end') text += `Connection: close\r\n\r\n${body}`;
      else {
        const coded = bodiless
          ? ''
          : `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
        text += `Transfer-Encoding: chunked\r\n\r\n${coded}`;
      }
      return { text, status, body, headers };
    });

  it('reads the same however the bytes are cut', () => {
    fc.assert(
      fc.property(responses, fc.array(fc.nat(400), { maxLength: 30 }), ({ text, status, body }, cuts) => {
        const bytes = response(text);
        const sorted = cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b);
        const whole = parse(bytes);
        expect(whole).toMatchObject({ status, body, complete: true });
        expect({ ...parse(bytes, sorted), left: 0 }).toEqual({ ...whole, left: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it('reads what Node reads', async () => {
    const sample = fc.sample(responses, 40);
    let next = 0;
    const server = net.createServer((socket) => {
      socket.once('data', () => socket.end(response(sample[next]?.text ?? '')));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    for (next = 0; next < sample.length; next++) {
      const theirs = await new Promise<{ status: number; body: string; headers: Record<string, string> }>(
        (resolve, reject) => {
          get({ port, host: '127.0.0.1', agent: false }, (message: IncomingMessage) => {
            let body = '';
            message.setEncoding('latin1');
            message.on('data', (part: string) => (body += part));
            message.on('end', () =>
              resolve({ status: message.statusCode ?? 0, body, headers: message.headers as Record<string, string> }),
            );
          }).on('error', reject);
        },
      );
      const ours = parse(response(sample[next]?.text ?? ''));
      expect({ status: ours.status, body: ours.body }).toEqual({ status: theirs.status, body: theirs.body });
    }
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('decodeText', () => {
  it('replaces every byte that fits nowhere, as Go does', () => {
    const decode = (...bytes: number[]) => decodeText(Buffer.from(bytes), 0, bytes.length);
    expect(decode(0x67, 0x72, 0xfc, 0xdf, 0x65)).toBe('gr\ufffd\ufffde');
    expect(decode(0xe2, 0x82, 0x41)).toBe('\ufffd\ufffdA');
    expect(decode(0xef, 0xbf, 0xbd)).toBe('\ufffd');
    expect(decode(0xed, 0xa0, 0x80)).toBe('\ufffd\ufffd\ufffd');
    expect(decode(0xef, 0xbb, 0xbf, 0x41)).toBe('\ufeffA');
  });

  it('decodes well-formed UTF-8 as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = Buffer.from(`x${text}\ufffdy`);
        expect(decodeText(bytes, 1, bytes.length)).toBe(`${text}\ufffdy`);
      }),
    );
  });
});
