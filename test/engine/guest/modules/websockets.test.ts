import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { websocketsModule } from '../../../../src/engine/guest/modules/websocket/websockets.ts';
import { wsServer, type WsServer } from '../../ws-server.ts';
import { testVu, type TestVu } from './module-context.ts';

interface Event {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: string;
}
type Handler = ((event: Event) => void) | null | undefined;
interface Socket {
  readonly readyState: number;
  readonly url: string;
  readonly bufferedAmount: number;
  binaryType: string;
  onopen: Handler;
  onmessage: Handler;
  onclose: Handler;
  onerror: Handler;
  onpong: Handler;
  onping: Handler;
  addEventListener(name: string, handler: unknown): void;
  send(data: unknown): void;
  ping(): void;
  close(code?: number, reason?: string): void;
}
type SocketClass = (new (url: string, protocols?: unknown, params?: unknown) => Socket) & Record<string, unknown>;
interface BlobLike {
  readonly size: number;
  readonly type: string;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
  slice(start?: number, end?: number): BlobLike;
  stream(): { getReader(): { read(): Promise<{ done: boolean; value: Uint8Array }> } };
}
type BlobClass = new (parts?: unknown[], options?: object) => BlobLike;

let server: WsServer;
beforeAll(async () => {
  server = await wsServer();
});
afterAll(() => server.close());

function setUp(): TestVu & { WebSocket: SocketClass; Blob: BlobClass } {
  const vu = testVu();
  return { ...vu, ...(websocketsModule(vu.ctx) as { WebSocket: SocketClass; Blob: BlobClass }) };
}

describe('WebSocket', () => {
  it('keeps the iteration alive from the handshake to the close event', async () => {
    const { WebSocket, iterate, samples } = setUp();
    const seen: unknown[] = [];
    const { failure } = await iterate(() => {
      const socket = new WebSocket(server.url, null, { tags: { kind: 'test' } });
      seen.push(socket.readyState, socket.url === server.url);
      socket.onopen = ({ type }) => {
        seen.push(type, socket.readyState);
        socket.send('hi');
      };
      socket.addEventListener('message', ({ data }: Event) => {
        seen.push(data);
        socket.close(3001, 'bye');
        seen.push(socket.readyState);
      });
      socket.onclose = ({ code, reason }) => seen.push(code, reason, socket.readyState);
    });
    expect(failure).toBeUndefined();
    expect(seen).toEqual([0, true, 'open', 1, 'echo hi', 2, 3001, 'bye', 3]);
    expect(samples.map(({ metric }) => metric)).toEqual([
      'ws_sessions',
      'ws_connecting',
      'ws_msgs_sent',
      'ws_msgs_received',
      'ws_session_duration',
    ]);
    expect(samples[0]).toMatchObject({
      value: 1,
      tags: { kind: 'test', url: server.url, status: '101', subproto: '' },
    });
  });

  it('gives binary messages as blobs or buffers, and sends both', async () => {
    const { WebSocket, Blob, iterate } = setUp();
    const seen: unknown[] = [];
    await iterate(() => {
      const socket = new WebSocket(server.url);
      expect(socket.binaryType).toBe('blob');
      socket.onopen = () => socket.send(new Blob(['ab', Uint8Array.of(99)]));
      socket.onmessage = ({ data }) => {
        if (data instanceof ArrayBuffer) {
          seen.push(Buffer.from(data).toString());
          socket.close();
          return;
        }
        void (data as BlobLike).text().then((text) => {
          seen.push(text);
          socket.binaryType = 'arraybuffer';
          socket.send(Uint8Array.of(100, 101).subarray(1));
        });
      };
    });
    expect(seen).toEqual(['abc', 'e']);
  });

  it('pings, and measures the round trip', async () => {
    const { WebSocket, iterate, samples } = setUp();
    const seen: string[] = [];
    await iterate(() => {
      const socket = new WebSocket(server.url);
      socket.onopen = () => socket.ping();
      socket.onpong = ({ type }) => {
        seen.push(type);
        socket.send('ping');
      };
      socket.onping = ({ type }) => {
        seen.push(type);
        socket.close();
      };
    });
    expect(seen).toEqual(['pong', 'ping']);
    expect(samples.find(({ metric }) => metric === 'ws_ping')?.value).toBeGreaterThanOrEqual(0);
  });

  it('sends headers and offers subprotocols and compression', async () => {
    const { WebSocket, iterate, samples } = setUp();
    await iterate(() => {
      const headers = { 'X-Own': 'yes', 'Sec-WebSocket-Protocol': 'v1, v2' };
      const socket = new WebSocket(server.url, null, { headers, compression: 'deflate' });
      socket.onopen = () => socket.close();
    });
    expect(server.handshakes.at(-1)).toMatchObject({
      'x-own': 'yes',
      'sec-websocket-protocol': 'v1,v2',
      'sec-websocket-extensions': expect.stringContaining('permessage-deflate') as string,
    });
    expect(samples[0]?.tags['subproto']).toBe('v2');
  });

  it.each([
    ['a refused handshake', () => `${server.url}refuse`, 'websocket: bad handshake'],
    ['nobody listening', () => 'ws://127.0.0.1:1/', 'dial tcp 127.0.0.1:1: connect: connection refused'],
  ])('tells of %s by an error and a close event', async (_what, url, message) => {
    const { WebSocket, iterate } = setUp();
    const seen: unknown[] = [];
    await iterate(() => {
      const socket = new WebSocket(url());
      socket.onerror = ({ error }) => seen.push(error);
      socket.onclose = ({ code }) => seen.push(code, socket.readyState);
    });
    expect(seen).toEqual([message, 1006, 3]);
  });

  it.each([
    ['close:1000:done', [1000, 'done']],
    ['close:1011:oops', ['websocket: close 1011 (internal server error): oops', 1011, 'oops']],
    ['drop', ['websocket: close 1006 (abnormal closure): unexpected EOF', 1006, '']],
  ])('tells how the peer ended the connection: %s', async (command, expected) => {
    const { WebSocket, iterate } = setUp();
    const seen: unknown[] = [];
    await iterate(() => {
      const socket = new WebSocket(server.url);
      socket.onopen = () => socket.send(command);
      socket.onerror = ({ error }) => seen.push(error);
      socket.onclose = ({ code, reason }) => seen.push(code, reason);
    });
    expect(seen).toEqual(expected);
  });

  it('closes its connection when the iteration fails', async () => {
    const { WebSocket, iterate } = setUp();
    const before = server.open();
    const { failure } = await iterate(() => {
      const socket = new WebSocket(server.url);
      socket.onopen = () => {
        throw new Error('in a handler');
      };
    });
    expect(failure?.message ?? failure).toMatchObject(expect.anything() as object);
    await expect.poll(() => server.open()).toBe(before);
  });

  it('counts the bytes on the wire', async () => {
    const { WebSocket, iterate, io } = setUp();
    await iterate(() => {
      const socket = new WebSocket(server.url);
      socket.onopen = () => socket.send('x'.repeat(1000));
      socket.onmessage = () => socket.close();
    });
    expect(io.traffic.sent).toBeGreaterThan(1000);
    expect(io.traffic.received).toBeGreaterThan(1000);
  });

  it('says what is wrong with a call', async () => {
    const { WebSocket, iterate } = setUp();
    expect(() => new WebSocket('http://127.0.0.1/')).toThrow('expected ws:// or wss://');
    expect(() => new WebSocket(server.url, null, { compression: 'zip' })).toThrow(
      "unsupported compression algorithm 'zip'",
    );
    await iterate(() => {
      const socket = new WebSocket(server.url);
      expect(() => socket.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
      expect(() => socket.addEventListener('nope', () => undefined)).toThrow('unknown event type');
      expect(() => (socket.binaryType = 'x')).toThrow('unknown binaryType');
      expect(() => socket.close(999)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
      socket.close();
    });
    const early = testVu('init');
    const { WebSocket: Early } = websocketsModule(early.ctx) as { WebSocket: SocketClass };
    expect(() => new Early(server.url)).toThrow('init context');
    expect([WebSocket['CONNECTING'], WebSocket['CLOSED']]).toEqual([0, 3]);
  });
});

describe('Blob', () => {
  it('slices, streams and reads as text', async () => {
    const { Blob } = setUp();
    const blob = new Blob(['héllo ', new Blob(['world'])], { type: 'Text/Plain' });
    expect([blob.size, blob.type, await blob.text(), await blob.slice(-5, -2).text()]).toEqual([
      12,
      'text/plain',
      'héllo world',
      'wor',
    ]);
    const reader = blob.stream().getReader();
    expect(Buffer.from((await reader.read()).value).toString()).toBe('héllo world');
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(() => new Blob('x' as never)).toThrow(TypeError);
  });
});
