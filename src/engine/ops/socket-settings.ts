/** How sockets other than those of the HTTP client reach a host: WebSocket and gRPC obey the same options. */
import type { ConnectionOptions } from 'node:tls';
import type { VuIo } from '../contracts/host.ts';

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

export interface SocketSettings {
  readonly userAgent: string;
  /** A connection that fails is an exception of the script (the option `throw`). */
  readonly throw: boolean;
  /**
   * The address to dial for a host and port, under the options `hosts`, `dns`, `blacklistIPs`, `blockHostnames` and
   * `allowHostnames`; absent: the system's way. May call back at once.
   */
  readonly resolve?: (
    hostname: string,
    port: string,
    done: (error: Error | undefined, address?: SocketAddress) => void,
  ) => void;
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
