/** What crosses the border for k6/net/grpc: messages as JSON text, metadata as pairs. */
import type { TagSet } from '../../contracts/metrics.ts';

export interface GrpcMethod {
  /** `/package.Service/Method`. */
  readonly fullMethod: string;
  readonly package: string;
  readonly service: string;
  readonly isClientStream: boolean;
  readonly isServerStream: boolean;
}

/** Values of names that end in `-bin` are base64. */
export type Pairs = readonly (readonly [name: string, value: string])[];

export interface GrpcConnect {
  readonly client: number;
  /** `host:port`. */
  readonly address: string;
  readonly plaintext: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  /** Asks the server for its services, with this metadata; undefined: the script loads the definitions. */
  readonly reflect: Pairs | undefined;
  /** Name of the server in requests and in its certificate, where it is not that of the address. */
  readonly authority: string | undefined;
  readonly maxReceiveSize: number | undefined;
  readonly maxSendSize: number | undefined;
  readonly tls:
    | {
        /** Empty for none, as the key. */
        readonly cert: string;
        readonly key: string;
        readonly password: string | undefined;
        readonly cacerts: readonly string[];
      }
    | undefined;
}

export interface GrpcCall {
  readonly client: number;
  readonly method: string;
  /** JSON text of the message; undefined for a stream. */
  readonly request: string | undefined;
  readonly metadata: Pairs;
  readonly authority: string | undefined;
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

declare module '../../contracts/host.ts' {
  interface AsyncOps {
    'grpc.connect': { arg: GrpcConnect; result: undefined };
    'grpc.invoke': { arg: GrpcCall; result: GrpcReply };
    'grpc.next': { arg: number; result: GrpcStreamEvent };
  }
  interface CallOps {
    'grpc.client': { arg: undefined; result: number };
    /** Adds the texts of .proto files, imported ones first. */
    'grpc.load': { arg: { readonly client: number; readonly files: Pairs }; result: readonly GrpcMethod[] };
    /** Adds the definitions of a compiled descriptor set. */
    'grpc.loadProtoset': {
      arg: { readonly client: number; readonly bytes: Uint8Array };
      result: readonly GrpcMethod[];
    };
    'grpc.close': { arg: number; result: undefined };
    /** Opens a stream and gives its number. */
    'grpc.stream': { arg: GrpcCall; result: number };
    'grpc.write': { arg: { readonly stream: number; readonly request: string }; result: undefined };
    'grpc.end': { arg: number; result: undefined };
  }
}
