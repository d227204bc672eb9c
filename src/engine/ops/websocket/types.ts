/** What crosses the border for k6/ws and k6/websockets. The guest asks for one event after the other. */
import type { TagSet } from '../../contracts/metrics.ts';

export interface WsRequest {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly protocols: readonly string[];
  /** Offers permessage-deflate. */
  readonly compress: boolean;
  /** Those of the script; the connection's samples add these system tags. */
  readonly tags: TagSet;
  readonly systemTags: readonly string[];
}

/** How the handshake went; `error` is empty when the connection is open. */
export interface WsHandshake {
  readonly id: number;
  readonly error: string;
  /** The script has to see an exception. */
  readonly throws: boolean;
  /** 0 when no response came. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Of a response that refused the handshake. */
  readonly body: string;
  readonly subprotocol: string;
  readonly remoteIp: string;
  /** Milliseconds from the start to the end of the handshake. */
  readonly connecting: number;
}

export type WsEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'ping' }
  /** `roundTrip` in milliseconds; undefined for a pong nobody asked for. */
  | { readonly kind: 'pong'; readonly roundTrip: number | undefined }
  | { readonly kind: 'error'; readonly message: string }
  /** The last event. */
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'timeout' };

export interface WsClose {
  readonly id: number;
  readonly code: number;
  readonly reason: string;
  /** The script wants no more events: its session ends now. */
  readonly leave: boolean;
}

declare module '../../contracts/host.ts' {
  interface AsyncOps {
    'ws.connect': { arg: WsRequest; result: WsHandshake };
    /** The next event of a connection; `timeout` in milliseconds. */
    'ws.next': { arg: { readonly id: number; readonly timeout: number | undefined }; result: WsEvent };
  }
  interface CallOps {
    'ws.send': { arg: { readonly id: number; readonly data: string | Uint8Array }; result: undefined };
    'ws.ping': { arg: number; result: undefined };
    'ws.close': { arg: WsClose; result: undefined };
    /** Bytes handed over for sending that have not left yet. */
    'ws.buffered': { arg: number; result: number };
  }
}
