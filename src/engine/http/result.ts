import type { Peer } from './connection.ts';
import type { ResponseHead } from './head.ts';
import type { Hop } from './hop.ts';
import type { ExchangeResult } from './types.ts';

/** What the script gets to see of an exchange that ended with `hop`. A plain literal: anything cleverer is slower. */
export function resultOf(
  hop: Hop,
  peer: Peer,
  head: ResponseHead | undefined,
  body: string | Uint8Array | null,
  url: string,
  errorMessage: string,
  requestHeaders: string,
  throws: boolean,
  jarChanged: boolean,
): ExchangeResult {
  return {
    status: hop.status,
    statusText: head?.statusText ?? '',
    proto: hop.proto,
    url,
    head: head?.lines ?? '',
    body,
    remoteIp: peer.ip,
    remotePort: peer.port,
    tlsVersion: peer.tlsVersion,
    tlsCipher: peer.tlsCipher,
    ocspStatus: peer.ocspStatus,
    blocked: hop.blocked,
    connecting: hop.connecting,
    tlsHandshaking: hop.tlsHandshaking,
    sending: hop.sending,
    waiting: hop.waiting,
    receiving: hop.receiving,
    requestHeaders,
    error: hop.error,
    errorCode: hop.errorCode,
    errorMessage,
    throws,
    setsCookies: head !== undefined && head.setCookies.length > 0,
    jarChanged,
  };
}
