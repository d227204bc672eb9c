/** WebSocket connections of a VU: the handlers of the operations on them. */
import type { AsyncOpHandler, CallOpHandler, Outcome, VuIo } from '../../contracts/host.ts';
import { type Connection, Connections } from './connection.ts';

export { connect } from './connect.ts';

export const next: AsyncOpHandler<'ws.next'> = (io, { id, timeout }, done) => {
  const connections = Connections.of(io);
  const connection = connections.get(id);
  if (connection === undefined) {
    setImmediate(done, { ok: false, name: 'Error', message: 'the WebSocket connection is closed' });
    return undefined;
  }
  connection.next(timeout, (event) => {
    if (event.kind === 'close') connections.delete(id);
    done({ ok: true, value: event });
  });
  // Whoever no longer waits for events has no more use for the connection.
  return () => {
    connections.delete(id);
    connection.destroy();
  };
};

function act(io: VuIo, id: number, action: (connection: Connection) => void): Outcome<undefined> {
  const connection = Connections.of(io).get(id);
  if (connection === undefined) return { ok: false, name: 'Error', message: 'websocket: close sent' };
  try {
    action(connection);
    connection.count();
    return { ok: true, value: undefined };
  } catch (error) {
    return { ok: false, name: 'Error', message: (error as Error).message };
  }
}

export const send: CallOpHandler<'ws.send'> = (io, { id, data }) =>
  act(io, id, (connection) => {
    connection.send(data);
  });

export const ping: CallOpHandler<'ws.ping'> = (io, id) =>
  act(io, id, (connection) => {
    connection.ping();
  });

export const close: CallOpHandler<'ws.close'> = (io, { id, code, reason, leave }) => {
  const outcome = act(io, id, (connection) => {
    connection.close(code, reason);
    if (leave) connection.leave();
  });
  if (leave) Connections.of(io).delete(id);
  return outcome;
};

export const buffered: CallOpHandler<'ws.buffered'> = (io, id) => ({
  ok: true,
  value: Connections.of(io).get(id)?.buffered ?? 0,
});
