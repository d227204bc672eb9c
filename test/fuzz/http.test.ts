import net from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteWriteOutput } from '../../src/engine/outputs/remote-write/index.ts';
import { ProtocolError } from '../../src/engine/http/head.ts';
import { HeadMemory } from '../../src/engine/http/head-memory.ts';
import { ResponseParser } from '../../src/engine/http/parser.ts';
import { contextWith, END, feed } from '../engine/outputs/samples.ts';
import { judged, reads, settings, textOf, timeout } from './fuzz.ts';

interface Result {
  readonly status: number | undefined;
  readonly body: string;
  readonly complete: boolean;
  readonly rest: number;
  readonly error: string | undefined;
}

const isOwn = (error: unknown): boolean => error instanceof ProtocolError;

/** What our parser makes of the bytes, cut at those places, and whether the end of the stream completes it. */
function ours(bytes: Buffer, cuts: readonly number[] = []): Result {
  const parser = new ResponseParser(new HeadMemory());
  parser.begin(false, true);
  let used = 0;
  let body: string | undefined;
  const isDone = (): boolean => parser.done;
  let shared = Buffer.alloc(0);
  judged.inputs++;
  try {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      if (to <= from || parser.done) continue;
      shared = Buffer.from(bytes.subarray(from, to));
      used = from + parser.execute(shared, shared.length);
      from = to;
      if (isDone()) body = parser.bytes(shared).toString('latin1');
    }
  } catch (thrown) {
    if (!isOwn(thrown)) throw thrown;
    return { status: parser.head?.status, body: '', complete: false, rest: 0, error: 'refused' };
  }
  const complete = parser.end();
  body ??= parser.bytes(shared).toString('latin1');
  return { status: parser.head?.status, body, complete, rest: bytes.length - used, error: undefined };
}

interface NodeParser {
  initialize(type: number, resource: object): void;
  execute(bytes: Buffer): number | Error;
  finish(): Error | undefined;
  [callback: number]: unknown;
}

/** Node's own parser, strict as it is by default. */
const { HTTPParser } = (
  process as unknown as { binding(name: string): { HTTPParser: (new () => NodeParser) & Record<string, number> } }
).binding('http_parser');

function nodes(bytes: Buffer): Result {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser['RESPONSE'] as number, {});
  const seen: { status: number | undefined; body: string; complete: boolean } = {
    status: undefined,
    body: '',
    complete: false,
  };
  parser[HTTPParser['kOnHeadersComplete'] as number] = (...args: unknown[]): number => {
    if (!seen.complete) seen.status = args[5] as number;
    return 0;
  };
  parser[HTTPParser['kOnBody'] as number] = (part: Buffer): void => {
    if (!seen.complete) seen.body += part.toString('latin1');
  };
  parser[HTTPParser['kOnMessageComplete'] as number] = (): void => {
    if ((seen.status ?? 0) >= 200) seen.complete = true;
  };
  const result = parser.execute(bytes);
  if (!seen.complete && !(result instanceof Error)) parser.finish();
  const failed = result instanceof Error && !seen.complete;
  return { ...seen, rest: 0, error: failed ? 'refused' : undefined };
}

const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const headers = fc.constantFrom(
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'content-length:5\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: 5, 5\r\n',
  'Content-Length: 05\r\n',
  'Content-Length: 0x5\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Content-Length : 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: Chunked\r\n',
  'Transfer-Encoding:\tchunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding: chunked, gzip\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: x\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'X: y\r\n',
  'X: \r\n',
  'X:\u00ff\r\n',
  ' folded\r\n',
  '\tfolded\r\n',
  'X y: z\r\n',
  'X\r\n',
  ': y\r\n',
  'Content-Length: 5\n',
  'X: a\rb\r\n',
  'X: a\0b\r\n',
  'Trailer: a\r\n',
  'Set-Cookie: __proto__=1\r\n',
  '__proto__: 1\r\n',
  'Content-Encoding: gzip\r\n',
);
const bodies = fc.constantFrom(
  '',
  'hello',
  'hell',
  'hello!',
  chunked('hello'),
  '5\r\nhello\r\n',
  '5;ext=1\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '0\r\nA: b\r\n\r\n',
  '5\nhello\n0\n\n',
  '5\r\nhello0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhelloX\r\n0\r\n\r\n',
  'FFFFFFFFFFFFFFFFF\r\n',
  '\r\n',
  'g\r\n',
  '05\r\nhello\r\n00\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  '5;a="\n"\r\nhello\r\n0\r\n\r\n',
  '5\r\r\nhello\r\n0\r\n\r\n',
);
const statusLine = fc.constantFrom(
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 204 No Content\r\n',
  'HTTP/1.1 304 \r\n',
  'HTTP/1.1 200\r\n',
  'HTTP/1.1 500 x\r\n',
  'HTTP/1.1 200 OK\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n',
  'HTTP/1.1  200 OK\r\n',
  'HTTP/2.0 200 OK\r\n',
  'http/1.1 200 OK\r\n',
  'HTTP/1.1 20 OK\r\n',
  'HTTP/1.1 2000 OK\r\n',
  'HTTP/1.1 101 x\r\n',
  'garbage\r\n',
  '\r\nHTTP/1.1 200 OK\r\n',
);
const message = fc
  .tuple(statusLine, fc.array(headers, { maxLength: 4 }), fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', ''), bodies)
  .map(([line, lines, blank, body]) => Buffer.from(line + lines.join('') + blank + body, 'latin1'));
const noise = fc.tuple(message, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 })).map(([bytes, at, extra]) => {
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), extra, bytes.subarray(place + (at % 3))]);
});

describe('responses', { timeout }, () => {
  it('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(fc.oneof(message, noise), fc.array(fc.nat(300), { maxLength: 6 }), (bytes, cuts) => {
        const whole = ours(bytes);
        const sorted = [...cuts].sort((a, b) => a - b).filter((at) => at < bytes.length);
        expect(ours(bytes, sorted)).toEqual(whole);
      }),
      settings(600),
    );
  });

  it('that Node reads, too, are read as Node reads them', () => {
    let both = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: message }, { weight: 1, arbitrary: noise }), (bytes) => {
        const mine = ours(bytes);
        const theirs = nodes(bytes);
        // After 101 the connection speaks another protocol: what follows is none of Node's business.
        if (mine.status === 101) return;
        // Go, and so k6, knows no transfer codings in HTTP/1.0.
        if (/^HTTP\/1\.0[^]*transfer-encoding/i.test(bytes.toString('latin1'))) return;
        if (mine.error !== undefined || theirs.error !== undefined || !mine.complete || !theirs.complete) return;
        both++;
        expect({ status: mine.status, body: mine.body }).toEqual({ status: theirs.status, body: theirs.body });
      }),
      settings(600),
    );
    expect(both).toBeGreaterThan(10);
  });

  // A body that ends elsewhere for us than for a proxy in between would let one response pose as another.
  it.each([
    ['two lengths that differ', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!'],
    ['a length with a sign', 'Content-Length: +5\r\n', 'hello'],
    ['a length in a list', 'Content-Length: 5, 6\r\n', 'hello'],
    ['a negative length', 'Content-Length: -5\r\n', 'hello'],
    ['a length beyond all numbers', 'Content-Length: 99999999999999999999\r\n', 'hello'],
    ['a blank before the colon', 'Transfer-Encoding : chunked\r\n', chunked('hello')],
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', chunked('hello')],
    ['a coding after chunked', 'Transfer-Encoding: chunked, gzip\r\n', chunked('hello')],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n', chunked('hello')],
    ['a chunk size with a sign', 'Transfer-Encoding: chunked\r\n', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size with 0x', 'Transfer-Encoding: chunked\r\n', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['an empty chunk size', 'Transfer-Encoding: chunked\r\n', '\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size beyond all numbers', 'Transfer-Encoding: chunked\r\n', 'FFFFFFFFFFFFFFFF1\r\nhello'],
    ['a chunk longer than it says', 'Transfer-Encoding: chunked\r\n', '5\r\nhello!\r\n0\r\n\r\n'],
    ['a chunk line that ends in a bare line feed', 'Transfer-Encoding: chunked\r\n', '5\nhello\r\n0\r\n\r\n'],
  ])('with %s are refused', (_, head, body) => {
    expect(ours(Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`)).error).toBe('refused');
  });

  it('with both a length and chunks end where the chunks end, and what follows is not used', () => {
    const bytes = Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('hello')}HTTP/1.1 200 OK\r\n`,
    );
    expect(ours(bytes)).toMatchObject({ body: 'hello', complete: true, rest: 17 });
  });

  it('counts its inputs', () => {
    process.stdout.write(`responses: ${judged.inputs} inputs\n`);
    expect(judged.inputs).toBeGreaterThan(1000);
  });
});

describe('answers of a remote-write receiver', { timeout }, () => {
  let answer = Buffer.alloc(0);
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => void server.close());

  it('of any kind neither break the output nor keep it from ending', async () => {
    const raw = fc.oneof(
      message,
      noise,
      textOf('HTTP/1.1 ', '200', '429', '503', '\r\n', 'Retry-After: 1', 'x').map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(raw, async (bytes) => {
        judged.inputs++;
        answer = Buffer.from(bytes);
        const { port } = server.address() as AddressInfo;
        const context = contextWith({ env: { K6_PROMETHEUS_RW_SERVER_URL: `http://127.0.0.1:${port}/api/v1/write` } });
        const output = createRemoteWriteOutput(context);
        await output.start();
        feed([{ metric: 'http_reqs', value: 1, tags: {} }], (batch) => output.addSamples(batch));
        await output.stop(END).catch((error: unknown) =>
          reads(
            () => {
              throw error;
            },
            (thrown) => thrown instanceof Error,
          ),
        );
      }),
      { numRuns: Math.min(3000, settings(25).numRuns) },
    );
  });
});
