/** How sockets other than those of the HTTP client reach a host: WebSocket and gRPC obey the same options. */
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { VuIo } from '../contracts/host.ts';

export interface SocketSettings {
  readonly userAgent: string;
  /** A connection that fails is an exception of the script (the option `throw`). */
  readonly throw: boolean;
  /** Why no connection to that host may be made; undefined when it may, and when only a look-up will tell. */
  refusal?(hostname: string): string | undefined;
  /** Resolves a name under the options `hosts`, `dns`, `blacklistIPs` and `blockHostnames`; absent: the system's way. */
  readonly lookup?: LookupFunction;
  readonly localAddress?: string;
  /** Client certificates, versions and ciphers for a host; `rejectUnauthorized` off when the options say so. */
  tls(hostname: string): ConnectionOptions;
}

const DEFAULTS: SocketSettings = {
  userAgent: 'k6',
  throw: false,
  tls: () => ({}),
};
const FAMILY = 'socket-settings';

/** Called by whoever makes a VU's I/O side, once the options are known. */
export function setSocketSettings(io: VuIo, settings: SocketSettings): void {
  io.state[FAMILY] = settings;
}

export function socketSettings(io: VuIo): SocketSettings {
  return (io.state[FAMILY] as SocketSettings | undefined) ?? DEFAULTS;
}
