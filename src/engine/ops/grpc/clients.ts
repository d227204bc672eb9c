/** The gRPC clients and streams of a VU, and what the operations on them have in common. */
import type grpc from '@grpc/grpc-js';
import type { Outcome, VuIo } from '../../contracts/host.ts';
import { grpcPackage } from '../packages.ts';
import { Definitions } from './definitions.ts';
import type { StreamQueue } from './stream-queue.ts';
import type { Pairs } from './types.ts';
import { vuState } from '../vu-state.ts';

export class Client {
  readonly definitions = new Definitions();
  connection: grpc.Client | undefined;
  address = '';

  connected(): grpc.Client {
    if (!this.connection) throw new Error('no gRPC connection, you must call connect first');
    return this.connection;
  }

  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }
}

export class Family {
  readonly clients = new Map<number, Client>();
  readonly streams = new Map<number, StreamQueue>();
  #last = 0;

  static of(io: VuIo): Family {
    return vuState(io, 'grpc', () => new Family(io));
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

export function refuse(error: unknown): Outcome<never> {
  return { ok: false, name: 'GoError', message: error instanceof Error ? error.message : String(error) };
}

export function attempt<T>(action: () => T): Outcome<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    return refuse(error);
  }
}

export function pairsOf(metadata: grpc.Metadata): Pairs {
  return Object.keys(metadata.getMap()).flatMap((name) =>
    metadata
      .get(name)
      .map((value): [string, string] => [name, typeof value === 'string' ? value : value.toString('base64')]),
  );
}

export function metadataOf(pairs: Pairs): grpc.Metadata {
  const metadata = new (grpcPackage().Metadata)();
  for (const [name, value] of pairs) metadata.add(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  return metadata;
}
