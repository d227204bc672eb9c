/** gRPC clients of a VU: the handlers of the operations on them. */
import type { CallOpHandler } from '../../contracts/host.ts';
import { attempt, Client, Family } from './clients.ts';

export { end, invoke, next, stream, write } from './calls.ts';
export { connect } from './connect.ts';

export const newClient: CallOpHandler<'grpc.client'> = (io) => {
  const family = Family.of(io);
  const id = family.id();
  family.clients.set(id, new Client());
  return { ok: true, value: id };
};

export const load: CallOpHandler<'grpc.load'> = (io, { client, files }) =>
  attempt(() => Family.of(io).client(client).definitions.load(files));

export const loadProtoset: CallOpHandler<'grpc.loadProtoset'> = (io, { client, bytes }) =>
  attempt(() => Family.of(io).client(client).definitions.loadProtoset(bytes));

export const close: CallOpHandler<'grpc.close'> = (io, id) =>
  attempt(() => {
    Family.of(io).client(id).close();
    return undefined;
  });
