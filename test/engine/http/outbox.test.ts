import { EventEmitter } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { HeadMemory } from '../../../src/engine/http/head-memory.ts';
import { Http1Connection, READ_BUFFER, type ResponseOwner } from '../../../src/engine/http/connection.ts';
import { TestVu } from './support.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A connection whose socket is played, and what happens to it in order. */
function played() {
  const events: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    write: (text: string) => events.push(`write ${text}`),
    destroy: () => events.push('destroy'),
  });
  const traffic = { sent: 0, received: 0 };
  const connection = new Http1Connection(socket as unknown as net.Socket, traffic, new HeadMemory(), () => undefined);
  connection.listen();
  const owner: ResponseOwner = {
    heads: undefined,
    onWritten: (start) => (events.push('written'), start),
    onSent: () => events.push('sent'),
    onFirstByte: () => events.push('first byte'),
    onResponse: (response, buffer) => events.push(`response ${response.text(buffer)}`),
    onBroken: () => events.push(connection.unsent ? 'broken, unsent' : 'broken'),
  };
  const send = (text: string): boolean => connection.send(owner, text, undefined, 0, false, true);
  const receive = (text: string): void => {
    connection.onData(READ_BUFFER.write(text), READ_BUFFER);
  };
  return { events, socket, traffic, connection, send, receive };
}

describe('a small request', () => {
  it('is written at the end of the turn, once', async () => {
    const { events, traffic, send, receive } = played();
    expect(send('GET')).toBe(false);
    expect(events).toEqual([]);
    await turn();
    expect(events).toEqual(['write GET', 'written']);
    expect(traffic.sent).toBe(3);
    receive(OK);
    await turn();
    expect(events.slice(2)).toEqual(['first byte', 'response ok']);
  });

  it('is written before an answer that comes early is read', async () => {
    const { events, send, receive } = played();
    send('GET');
    receive(OK);
    expect(events).toEqual(['write GET', 'written', 'first byte', 'response ok']);
    await turn();
    expect(events).toHaveLength(4);
  });

  it('is never written to a connection that is closed by then, and not counted', async () => {
    const { events, socket, traffic, send } = played();
    send('GET');
    socket.emit('close');
    await turn();
    expect(events).toEqual(['destroy', 'broken, unsent']);
    expect(traffic.sent).toBe(0);
  });
});

describe('a POST', () => {
  let server: net.Server | undefined;
  afterEach(() => server?.close());

  it('fails only when it was sent', async () => {
    server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(OK, () => setImmediate(() => socket.destroy())));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`;
    const user = new TestVu();
    const results = [];
    for (let i = 0; i < 300; i++) results.push(await user.request(url, { method: 'POST', body: 'x' }));
    user.dispose();
    for (const { status, sending, waiting } of results) if (status === 0) expect(sending + waiting).toBeGreaterThan(0);
    expect(user.values('http_reqs')).toHaveLength(300);
  });
});
