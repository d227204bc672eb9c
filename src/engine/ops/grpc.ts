/** gRPC clients of a VU, on @grpc/grpc-js; messages cross the border as JSON text. */
import type grpc from '@grpc/grpc-js';
import type protobuf from 'protobufjs';
import type { AsyncOpHandler, CallOpHandler, Outcome, VuIo } from '../contracts/host.ts';
import type { TagSet } from '../contracts/metrics.ts';
import { fromJson, toJson } from './grpc-json.ts';
import { grpcPackage, protobufPackage } from './packages.ts';
import { socketSettings } from './socket-settings.ts';
import { withSystemTags } from './system-tags.ts';

export interface GrpcMethod {
  /** `/package.Service/Method`. */
  readonly fullMethod: string;
  readonly package: string;
  readonly service: string;
  readonly isClientStream: boolean;
  readonly isServerStream: boolean;
}

export interface GrpcConnect {
  readonly client: number;
  /** `host:port`. */
  readonly address: string;
  readonly plaintext: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxReceiveSize: number | undefined;
  readonly maxSendSize: number | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly cacerts: readonly string[] } | undefined;
}

type Pairs = readonly (readonly [name: string, value: string])[];

export interface GrpcCall {
  readonly client: number;
  readonly method: string;
  /** JSON text of the message; undefined for a stream. */
  readonly request: string | undefined;
  readonly metadata: Pairs;
  /** Milliseconds. */
  readonly timeout: number;
  readonly discard: boolean;
  readonly tags: TagSet;
  readonly systemTags: readonly string[];
}

export interface GrpcReply {
  readonly status: number;
  /** JSON text; undefined for none. */
  readonly message: string | undefined;
  readonly headers: Pairs;
  readonly trailers: Pairs;
  /** Empty when the call went well. */
  readonly error: string;
}

export type GrpcStreamEvent =
  | { readonly kind: 'data'; readonly message: string | undefined; readonly time: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'end' };

declare module '../contracts/host.ts' {
  interface AsyncOps {
    'grpc.connect': { arg: GrpcConnect; result: undefined };
    'grpc.invoke': { arg: GrpcCall; result: GrpcReply };
    'grpc.next': { arg: number; result: GrpcStreamEvent };
  }
  interface CallOps {
    'grpc.client': { arg: undefined; result: number };
    /** Adds the texts of .proto files, imported ones first. */
    'grpc.load': { arg: { readonly client: number; readonly files: Pairs }; result: readonly GrpcMethod[] };
    'grpc.close': { arg: number; result: undefined };
    /** Opens a stream and gives its number. */
    'grpc.stream': { arg: GrpcCall; result: number };
    'grpc.write': { arg: { readonly stream: number; readonly request: string }; result: undefined };
    'grpc.end': { arg: number; result: undefined };
  }
}

const HEALTH = `syntax = "proto3"; package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; } ServingStatus status = 1; }
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }`;

class Client {
  readonly #protobuf = protobufPackage();
  readonly #root = new this.#protobuf.Root();
  readonly #methods = new Map<string, protobuf.Method>();
  connection: grpc.Client | undefined;
  address = '';

  constructor() {
    this.#protobuf.parse(HEALTH, this.#root, { keepCase: true });
    this.#index(this.#root);
  }

  load(files: Pairs): GrpcMethod[] {
    for (const [name, text] of files) {
      const common = this.#protobuf.common.get(name);
      if (common?.nested) this.#root.addJSON(common.nested);
      else this.#protobuf.parse(text, this.#root, { keepCase: true });
    }
    this.#root.resolveAll();
    return this.#index(this.#root);
  }

  #index(namespace: protobuf.NamespaceBase): GrpcMethod[] {
    const found: GrpcMethod[] = [];
    for (const object of namespace.nestedArray) {
      if (object instanceof this.#protobuf.Service) {
        for (const method of object.methodsArray) {
          const service = object.fullName.slice(1);
          const fullMethod = `/${service}/${method.name}`;
          this.#methods.set(fullMethod, method);
          found.push({
            fullMethod,
            package: service.split('.').slice(0, -1).join('.'),
            service: object.name,
            isClientStream: method.requestStream === true,
            isServerStream: method.responseStream === true,
          });
        }
      } else if (object instanceof this.#protobuf.Namespace) {
        found.push(...this.#index(object));
      }
    }
    return found;
  }

  method(name: string): { path: string; request: protobuf.Type; response: protobuf.Type } {
    const path = name.startsWith('/') ? name : `/${name}`;
    const method = this.#methods.get(path);
    method?.resolve();
    const { resolvedRequestType: request, resolvedResponseType: response } = method ?? {};
    if (!request || !response) throw new Error(`method "${path}" not found in file descriptors`);
    return { path, request, response };
  }

  connected(): grpc.Client {
    if (!this.connection) throw new Error('no gRPC connection, you must call connect first');
    return this.connection;
  }
}

type Stream = grpc.ClientDuplexStream<Buffer, Buffer>;

/** Events of a stream, until the script asks for them. */
class StreamQueue {
  readonly stream: Stream;
  readonly encode: (json: string) => Buffer;
  readonly sent: () => void;
  readonly #events: GrpcStreamEvent[] = [];
  #waiting: ((event: GrpcStreamEvent) => void) | undefined;

  constructor(stream: Stream, encode: (json: string) => Buffer, sent: () => void) {
    this.stream = stream;
    this.encode = encode;
    this.sent = sent;
  }

  push(event: GrpcStreamEvent): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(event);
    else this.#events.push(event);
  }

  next(take: (event: GrpcStreamEvent) => void): void {
    const event = this.#events.shift();
    if (event) setImmediate(take, event);
    else this.#waiting = take;
  }
}

class Family {
  readonly clients = new Map<number, Client>();
  readonly streams = new Map<number, StreamQueue>();
  #last = 0;

  static of(io: VuIo): Family {
    const known = io.state['grpc'];
    if (known instanceof Family) return known;
    const made = new Family(io);
    io.state['grpc'] = made;
    return made;
  }

  private constructor(io: VuIo) {
    io.onInterrupt(() => {
      for (const { stream } of this.streams.values()) stream.cancel();
      this.streams.clear();
    });
  }

  id(): number {
    return ++this.#last;
  }

  client(id: number): Client {
    const client = this.clients.get(id);
    if (client === undefined) throw new Error('not a gRPC client');
    return client;
  }
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));
const refuse = (error: unknown): Outcome<never> => ({ ok: false, name: 'GoError', message: message(error) });

function attempt<T>(action: () => T): Outcome<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    return refuse(error);
  }
}

function encoder(type: protobuf.Type): (json: string) => Buffer {
  return (json) => Buffer.from(type.encode(type.fromObject(fromJson(type, JSON.parse(json) as unknown))).finish());
}

function decoder(type: protobuf.Type): (bytes: Buffer) => string {
  return (bytes) => JSON.stringify(toJson(type, type.decode(bytes)));
}

function pairsOf(metadata: grpc.Metadata): Pairs {
  return Object.keys(metadata.getMap()).flatMap((name) =>
    metadata
      .get(name)
      .map((value): [string, string] => [name, typeof value === 'string' ? value : value.toString('base64')]),
  );
}

function metadataOf(pairs: Pairs): grpc.Metadata {
  const metadata = new (grpcPackage().Metadata)();
  for (const [name, value] of pairs) metadata.add(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  return metadata;
}

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

export const newClient: CallOpHandler<'grpc.client'> = (io) => {
  const family = Family.of(io);
  const id = family.id();
  family.clients.set(id, new Client());
  return { ok: true, value: id };
};

export const load: CallOpHandler<'grpc.load'> = (io, { client, files }) =>
  attempt(() => Family.of(io).client(client).load(files));

export const connect: AsyncOpHandler<'grpc.connect'> = (io, request, done) => {
  const outcome = attempt(() => {
    const { Client: Connection, credentials } = grpcPackage();
    const client = Family.of(io).client(request.client);
    const { tls, plaintext, address } = request;
    const { userAgent } = socketSettings(io);
    const secure = () => {
      const roots = tls && tls.cacerts.length > 0 ? Buffer.from(tls.cacerts.join('\n')) : null;
      const pair = tls && tls.cert !== '' ? [Buffer.from(tls.key), Buffer.from(tls.cert)] : [null, null];
      const { rejectUnauthorized } = socketSettings(io).tls(address.replace(/:\d+$/, ''));
      return credentials.createSsl(roots, pair[0], pair[1], { rejectUnauthorized: rejectUnauthorized !== false });
    };
    client.connection?.close();
    client.address = address;
    client.connection = new Connection(address, plaintext ? credentials.createInsecure() : secure(), {
      'grpc.primary_user_agent': userAgent,
      // Each VU has connections of its own, as its HTTP client has.
      'grpc.use_local_subchannel_pool': 1,
      ...(request.maxReceiveSize !== undefined && { 'grpc.max_receive_message_length': request.maxReceiveSize }),
      ...(request.maxSendSize !== undefined && { 'grpc.max_send_message_length': request.maxSendSize }),
    });
    return client.connection;
  });
  if (!outcome.ok) {
    setImmediate(done, outcome);
    return undefined;
  }
  outcome.value.waitForReady(Date.now() + request.timeout, (error) => {
    if (!error) done({ ok: true, value: undefined });
    else done(refuse(`connecting to ${request.address} failed: context deadline exceeded`));
  });
  return () => {
    outcome.value.close();
  };
};

export const invoke: AsyncOpHandler<'grpc.invoke'> = (io, call, done) => {
  const start = io.now();
  const outcome = attempt(() => {
    const client = Family.of(io).client(call.client);
    const { path, request, response } = client.method(call.method);
    const payload = encoder(request)(call.request ?? '{}');
    const tags = tagsOf(call, client, path, 'unary');
    const decode = decoder(response);
    let headers: Pairs = [];
    let reply: Buffer | undefined;
    const unary = client.connected().makeUnaryRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      payload,
      metadataOf(call.metadata),
      { deadline: Date.now() + call.timeout },
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
    const { path, request, response } = client.method(call.method);
    const decode = decoder(response);
    const tags = tagsOf(call, client, path, 'stream');
    const count = (name: string) => {
      io.samples.add(io.metric(name, 'counter', 'default'), 1, tags, io.now());
    };
    const options = Number.isFinite(call.timeout) ? { deadline: Date.now() + call.timeout } : {};
    const duplex: Stream = client.connected().makeBidiStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      metadataOf(call.metadata),
      options,
    );
    const queue = new StreamQueue(duplex, encoder(request), () => {
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

export const close: CallOpHandler<'grpc.close'> = (io, id) =>
  attempt(() => {
    const client = Family.of(io).client(id);
    client.connection?.close();
    client.connection = undefined;
    return undefined;
  });
