/** Calls and streams of a VU's gRPC clients, on @grpc/grpc-js. */
import type grpc from '@grpc/grpc-js';
import type { AsyncOpHandler, CallOpHandler } from '../../contracts/host.ts';
import type { TagSet } from '../../contracts/metrics.ts';
import { grpcPackage } from '../packages.ts';
import { withSystemTags } from '../system-tags.ts';
import { attempt, type Client, Family, metadataOf, pairsOf } from './clients.ts';
import { type Stream, StreamQueue } from './stream-queue.ts';
import type { GrpcCall, Pairs } from './types.ts';

const same = (bytes: Buffer) => bytes;

function tagsOf({ tags, systemTags }: GrpcCall, { address }: Client, path: string, rpcType: string): TagSet {
  const [, service = '', method = ''] = path.split('/');
  const named = tags.get('name') ?? path;
  return withSystemTags(tags, systemTags, {
    url: `${address}${path}`,
    name: named,
    service,
    method,
    rpc_type: rpcType,
  });
}

function optionsOf({ timeout, authority }: GrpcCall): grpc.CallOptions {
  return {
    ...(Number.isFinite(timeout) && { deadline: Date.now() + timeout }),
    ...(authority !== undefined && { host: authority }),
  };
}

export const invoke: AsyncOpHandler<'grpc.invoke'> = (io, call, done) => {
  const start = io.now();
  const outcome = attempt(() => {
    const client = Family.of(io).client(call.client);
    const connection = client.connected();
    const { path, encode, decode } = client.definitions.method(call.method);
    const payload = encode(call.request ?? '{}');
    const tags = tagsOf(call, client, path, 'unary');
    let headers: Pairs = [];
    let reply: Buffer | undefined;
    const unary = connection.makeUnaryRequest(
      path,
      same,
      same,
      payload,
      metadataOf(call.metadata),
      optionsOf(call),
      (_error, value) => {
        reply = value;
      },
    );
    unary.on('metadata', (metadata) => (headers = pairsOf(metadata)));
    unary.on('status', ({ code, details, metadata }) => {
      const sampled = withSystemTags(tags, call.systemTags, { status: String(code) });
      io.samples.add(io.metric('grpc_req_duration', 'trend', 'time'), io.now() - start, sampled, io.now());
      const error = code === grpcPackage().status.OK ? '' : details;
      // The callback with the message comes right after the status.
      setImmediate(() => {
        const text = attempt(() => (reply === undefined || call.discard ? undefined : decode(reply)));
        if (!text.ok) done(text);
        else
          done({ ok: true, value: { status: code, message: text.value, headers, trailers: pairsOf(metadata), error } });
      });
    });
    return unary;
  });
  if (!outcome.ok) {
    setImmediate(done, outcome);
    return undefined;
  }
  return () => {
    outcome.value.cancel();
  };
};

export const stream: CallOpHandler<'grpc.stream'> = (io, call) =>
  attempt(() => {
    const family = Family.of(io);
    const client = family.client(call.client);
    const connection = client.connected();
    const { path, encode, decode } = client.definitions.method(call.method);
    const tags = tagsOf(call, client, path, 'stream');
    const count = (name: string) => {
      io.samples.add(io.metric(name, 'counter', 'default'), 1, tags, io.now());
    };
    const metadata = metadataOf(call.metadata);
    const duplex: Stream = connection.makeBidiStreamRequest(path, same, same, metadata, optionsOf(call));
    const queue = new StreamQueue(duplex, encode, () => {
      count('grpc_streams_msgs_sent');
    });
    count('grpc_streams');
    duplex.on('data', (bytes: Buffer) => {
      count('grpc_streams_msgs_received');
      queue.push({ kind: 'data', message: call.discard ? undefined : decode(bytes), time: io.now() });
    });
    duplex.on('error', () => {
      // The status tells the same.
    });
    duplex.on('status', ({ code, details }: grpc.StatusObject) => {
      // The last messages may still be on their way.
      setImmediate(() => {
        if (code !== grpcPackage().status.OK) queue.push({ kind: 'error', code, message: details });
        queue.push({ kind: 'end' });
      });
    });
    const id = family.id();
    family.streams.set(id, queue);
    return id;
  });

export const next: AsyncOpHandler<'grpc.next'> = (io, id, done) => {
  const family = Family.of(io);
  const queue = family.streams.get(id);
  if (queue === undefined) {
    setImmediate(done, { ok: true, value: { kind: 'end' } });
    return undefined;
  }
  let cancelled = false;
  queue.next((event) => {
    if (cancelled) return;
    if (event.kind === 'end') family.streams.delete(id);
    done({ ok: true, value: event });
  });
  return () => {
    cancelled = true;
    queue.stream.cancel();
    family.streams.delete(id);
  };
};

export const write: CallOpHandler<'grpc.write'> = (io, { stream: id, request }) =>
  attempt(() => {
    const queue = Family.of(io).streams.get(id);
    if (queue === undefined || queue.stream.writableEnded) throw new Error('the stream is closed for writing');
    queue.stream.write(queue.encode(request));
    queue.sent();
    return undefined;
  });

export const end: CallOpHandler<'grpc.end'> = (io, id) => {
  Family.of(io).streams.get(id)?.stream.end();
  return { ok: true, value: undefined };
};
