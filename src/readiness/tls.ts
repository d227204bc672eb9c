/** What a TLS endpoint shows: is its certificate trusted for that host, and which protocols does it take? */
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { messageOf } from '../errors.ts';
import type { TlsEndpoint } from './gates/model.ts';

const timeoutMs = 10_000;

/**
 * @param address `host:port`
 * @param ca further authorities to trust, PEM
 */
export async function probeTls(address: string, servername: string, ca?: string): Promise<TlsEndpoint> {
  const colon = address.lastIndexOf(':');
  const base: ConnectionOptions = {
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
    servername,
    ...(ca === undefined ? {} : { ca }),
  };
  const outdated: string[] = [];
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    // Level 0: our own library would refuse these protocols, and so see nothing.
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false };
    if (!((await handshake({ ...base, ...old }, () => undefined)) instanceof Error)) outdated.push(version);
  }
  const seen = await handshake({ ...base, rejectUnauthorized: false }, (socket) => ({
    protocol: socket.getProtocol(),
    validTo: new Date(socket.getPeerCertificate().valid_to),
  }));
  const trusted = await handshake(base, () => undefined);
  return {
    address,
    error: trusted?.message,
    protocol: seen instanceof Error ? null : seen.protocol,
    validTo: seen instanceof Error ? undefined : seen.validTo,
    outdated,
  };
}

/** What `read` sees of the connection; the error when there is none. */
function handshake<T>(options: ConnectionOptions, read: (socket: TLSSocket) => T): Promise<T | Error> {
  return new Promise((resolve) => {
    const socket = connect(options);
    const end = (result: T | Error): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => end(new Error(`no answer within ${timeoutMs / 1000} s`)));
    socket.once('secureConnect', () => end(read(socket)));
    socket.once('error', (error) => end(new Error(messageOf(error))));
  });
}
