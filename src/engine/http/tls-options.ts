/** TLS settings of the options in OpenSSL's terms, and what a finished handshake tells in Go's. */
import type { Socket } from 'node:net';
import type { SecureContext, SecureVersion, TLSSocket } from 'node:tls';
import { HostPatterns, invalidOption } from './host-patterns.ts';
import { ErrorCode, ExchangeError } from './errors.ts';
import type { HttpOptions, TlsVersionName } from './options.ts';

/** Loaded when the first connection needs it: importing it makes Node unpack all its root certificates, 2 MB. */
export const nodeTls = () => process.getBuiltinModule('node:tls');

export function isSecure(socket: Socket): socket is TLSSocket {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

const VERSIONS: Readonly<Record<TlsVersionName, SecureVersion>> = {
  'ssl3.0': 'TLSv1',
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
};

const VERSION_NAMES: Readonly<Record<string, TlsVersionName>> = {
  TLSv1: 'tls1.0',
  'TLSv1.1': 'tls1.1',
  'TLSv1.2': 'tls1.2',
  'TLSv1.3': 'tls1.3',
};

/** Go's names (those of IANA, for ChaCha20 without the hash) and OpenSSL's. Go knows no others. */
const CIPHERS: readonly (readonly [go: string, openssl: string])[] = [
  ['TLS_RSA_WITH_RC4_128_SHA', 'RC4-SHA'],
  ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'DES-CBC3-SHA'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA256', 'AES128-SHA256'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'ECDHE-RSA-RC4-SHA'],
  ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', 'ECDHE-RSA-DES-CBC3-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_RC4_128_SHA', 'ECDHE-ECDSA-RC4-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
];
const TLS13_NAMES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const TLS13 = TLS13_NAMES.join(':');

/** What Go offers by default: forward secrecy only. */
const DEFAULT_CIPHERS = CIPHERS.filter(
  ([go]) => /ECDHE.*(?:GCM|CHACHA20_POLY1305$|CBC_SHA$)/.test(go) && !go.includes('3DES'),
);

/** Secure contexts of one thread, made once: the one of everyone, and those with client certificates. */
export class TlsContexts {
  readonly #options: HttpOptions;
  readonly #auth: HostPatterns<number>;
  readonly #contexts = new Map<number, SecureContext>();

  constructor(options: HttpOptions) {
    this.#options = options;
    for (const name of options.tlsCipherSuites ?? []) {
      if (!CIPHERS.some(([go]) => go === name) && !TLS13_NAMES.includes(name))
        throw invalidOption(`unknown cipher suite: ${name}`);
    }
    for (const { cert, key } of options.tlsAuth) {
      if (!cert.includes('-----BEGIN'))
        throw invalidOption('tlsAuth: failed to find any PEM data in certificate input');
      if (!key.includes('-----BEGIN')) throw invalidOption('tlsAuth: failed to find any PEM data in key input');
    }
    const everywhere = options.tlsAuth.flatMap(({ domains }, i) => (domains.length === 0 ? [['*', i] as const] : []));
    const named = options.tlsAuth.flatMap(({ domains }, i) => domains.map((domain) => [domain, i] as const));
    this.#auth = new HostPatterns([...everywhere, ...named]);
  }

  /** Throws an {@link ExchangeError} when the settings cannot be used. */
  for(hostname: string): SecureContext {
    const index = this.#auth.find(hostname) ?? -1;
    let context = this.#contexts.get(index);
    if (context === undefined) {
      try {
        context = this.#make(index);
      } catch (error) {
        throw new ExchangeError(ErrorCode.tls, `tls: ${(error as Error).message}`);
      }
      this.#contexts.set(index, context);
    }
    return context;
  }

  #make(index: number): SecureContext {
    const { tlsVersion, tlsCipherSuites } = this.#options;
    const wanted =
      tlsCipherSuites === undefined ? DEFAULT_CIPHERS : CIPHERS.filter(([go]) => tlsCipherSuites.includes(go));
    const legacy = tlsVersion !== undefined && tlsVersion.min < 'tls1.2';
    const auth = this.#options.tlsAuth[index];
    return nodeTls().createSecureContext({
      minVersion: tlsVersion === undefined ? 'TLSv1.2' : VERSIONS[tlsVersion.min],
      maxVersion: tlsVersion === undefined ? 'TLSv1.3' : VERSIONS[tlsVersion.max],
      // OpenSSL counts old versions and small keys as unfit unless it is told that they are wanted.
      ciphers: `${[TLS13, ...wanted.map(([, openssl]) => openssl)].join(':')}${legacy ? ':@SECLEVEL=0' : ''}`,
      ...(auth === undefined ? {} : { cert: auth.cert, key: auth.key }),
      ...(auth?.password === undefined ? {} : { passphrase: auth.password }),
    });
  }
}

/** Why the peer's certificate is not acceptable, in the order Go looks: dates, name, chain. */
export function verifyPeer(socket: TLSSocket, hostname: string): ExchangeError | undefined {
  const certificate = socket.getPeerCertificate();
  const failed = 'tls: failed to verify certificate: ';
  const now = Date.now();
  if (now > Date.parse(certificate.valid_to) || now < Date.parse(certificate.valid_from)) {
    const text = 'x509: certificate has expired or is not yet valid';
    const late = now > Date.parse(certificate.valid_to);
    const bound = new Date(late ? certificate.valid_to : certificate.valid_from);
    const detail = `current time ${isoSeconds(new Date(now))} is ${late ? 'after' : 'before'} ${isoSeconds(bound)}`;
    return new ExchangeError(ErrorCode.tls, text, `${failed}${text}: ${detail}`);
  }
  const wrong = nodeTls().checkServerIdentity(hostname, certificate);
  if (wrong !== undefined) {
    const names = (certificate.subjectaltname ?? '').replace(/(?:DNS|IP Address):/g, '');
    const text =
      names === ''
        ? 'x509: certificate relies on legacy Common Name field, use SANs instead'
        : `x509: certificate is valid for ${names}, not ${hostname}`;
    return new ExchangeError(ErrorCode.wrongHost, "x509: certificate doesn't match hostname", failed + text);
  }
  if (socket.authorized) return undefined;
  const message = `${failed}x509: certificate signed by unknown authority`;
  return new ExchangeError(ErrorCode.unknownAuthority, 'x509: unknown authority', message);
}

export function tlsVersionName(socket: TLSSocket): string {
  return VERSION_NAMES[socket.getProtocol() ?? ''] ?? '';
}

export function cipherName(socket: TLSSocket): string {
  const { standardName } = socket.getCipher();
  return standardName.replace(/^(TLS_ECDHE_.*_CHACHA20_POLY1305)_SHA256$/, '$1');
}

function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
