import type grpc from '@grpc/grpc-js';
import type { GrpcStreamEvent } from './types.ts';

export type Stream = grpc.ClientDuplexStream<Buffer, Buffer>;

/** Events of a stream, until the script asks for them. */
export class StreamQueue {
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
