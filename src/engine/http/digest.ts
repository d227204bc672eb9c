/** HTTP digest authentication (RFC 7616): qop `auth` or none; MD5, SHA-256 and their session variants. */
import { createHash, randomBytes } from 'node:crypto';

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: string;
  readonly qop: string | undefined;
}

const HASHES: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };

/** The first challenge that can be answered. */
export function findChallenge(challenges: readonly string[]): Challenge | undefined {
  for (const text of challenges) {
    const match = /(?:^|,)\s*Digest\s+(.*)$/is.exec(text);
    if (match === null) continue;
    const parameters = parse(match[1] ?? '');
    const algorithm = parameters.get('algorithm') ?? 'MD5';
    if (HASHES[algorithm.toUpperCase().replace(/-SESS$/, '')] === undefined) continue;
    const qops = parameters
      .get('qop')
      ?.split(',')
      .map((qop) => qop.trim());
    if (qops !== undefined && !qops.includes('auth')) continue;
    return {
      realm: parameters.get('realm') ?? '',
      nonce: parameters.get('nonce') ?? '',
      opaque: parameters.get('opaque'),
      algorithm,
      qop: qops === undefined ? undefined : 'auth',
    };
  }
  return undefined;
}

/** The Authorization header that answers a challenge; the first use of its nonce. */
export function answer(
  challenge: Challenge,
  user: string,
  password: string,
  method: string,
  uri: string,
  cnonce: string = randomBytes(8).toString('hex'),
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const upper = algorithm.toUpperCase();
  const hash = (text: string): string =>
    createHash(HASHES[upper.replace(/-SESS$/, '')] ?? 'md5')
      .update(text)
      .digest('hex');
  const secret = hash(`${user}:${realm}:${password}`);
  const a1 = upper.endsWith('-SESS') ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = hash(`${method}:${uri}`);
  const count = '00000001';
  const response = hash(qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${count}:${cnonce}:${qop}:${a2}`);
  const parts = [
    `username="${escape(user)}"`,
    `realm="${escape(realm)}"`,
    `nonce="${escape(nonce)}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  if (opaque !== undefined) parts.push(`opaque="${escape(opaque)}"`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${count}`, `cnonce="${cnonce}"`);
  return `Digest ${parts.join(', ')}`;
}

function escape(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

function parse(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, key = '', quoted, plain] of text.matchAll(/([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)) {
    parameters.set(key.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return parameters;
}
