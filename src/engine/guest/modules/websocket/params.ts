/** What k6/ws and k6/websockets have in common: parameters of a connection, and the words for its end. */
import type { TagSet } from '../../../contracts/metrics.ts';
import type { WsHandshake, WsRequest } from '../../../ops/websocket/types.ts';
import type { GuestContext } from '../../runtime/api.ts';
import { asText, describe } from '../bytes.ts';
import { DEFAULT_JAR, Jars } from '../http/cookies.ts';

/** System tags a connection's samples can carry. */
const SYSTEM_TAGS = ['url', 'status', 'subproto', 'ip'] as const;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (value == null) return {};
  if (typeof value === 'object') return value as Fields;
  throw new TypeError(`${what} must be an object, not ${describe(value)}`);
}

function taggedWith(tags: TagSet, own: Fields): TagSet {
  let result = tags;
  for (const key of Object.keys(own)) result = result.with(key, String(own[key]));
  return result;
}

/** The address as HTTP has it, which decides on cookies. */
const httpUrl = (url: string): string => url.replace(/^ws/i, 'http');

/** The jar's cookies for this address, as a header's value; empty for none. */
function cookies(ctx: GuestContext, jar: number, url: string): string {
  const outcome = ctx.host.call('http.jar.get', { jar, url: httpUrl(url) });
  if (!outcome.ok) return '';
  const pairs = outcome.value;
  let header = '';
  for (let i = 0; i + 1 < pairs.length; i += 2) header += `${header && '; '}${pairs[i] ?? ''}=${pairs[i + 1] ?? ''}`;
  return header;
}

/** A connection to be made, with the jar its cookies come from and go to. */
export interface WsAttempt {
  readonly request: WsRequest;
  readonly jar: number;
}

/** Cookies that the server set in its answer to the handshake go to the jar. */
export function keepCookies(ctx: GuestContext, { request, jar }: WsAttempt, handshake: WsHandshake): void {
  const lines: string[] = [];
  const { length } = handshake.headers;
  for (let i = 0; i < length; i++) {
    if (handshake.headers[i]?.[0] === 'Set-Cookie') lines.push(handshake.headers[i]?.[1] ?? '');
  }
  if (lines.length > 0) Jars.of(ctx).keep(jar, httpUrl(request.url), lines);
}

/** Throws a TypeError for parameters k6 would not take. */
export function attemptOf(ctx: GuestContext, url: string, params: unknown): WsAttempt {
  if (!/^wss?:\/\/[^/]/i.test(url)) throw new TypeError(`invalid WebSocket URL "${url}": expected ws:// or wss://`);
  const { headers, tags, compression, jar: given } = fieldsOf(params, 'params');
  const jar = given == null ? DEFAULT_JAR : (Jars.of(ctx).class.idOf(given) ?? DEFAULT_JAR);
  if (compression != null && compression !== '' && compression !== 'deflate') {
    throw new TypeError(`unsupported compression algorithm '${asText(compression)}', supported algorithm is 'deflate'`);
  }
  const own = fieldsOf(headers, 'params.headers');
  const lines: [string, string][] = [];
  let protocols: string[] = [];
  let hasCookie = false;
  for (const name of Object.keys(own)) {
    const value = String(own[name]);
    const lower = name.toLowerCase();
    if (lower === 'sec-websocket-protocol') protocols = value.split(',').map((protocol) => protocol.trim());
    else lines.push([name, value]);
    hasCookie ||= lower === 'cookie';
  }
  const cookie = hasCookie ? '' : cookies(ctx, jar, url);
  if (cookie) lines.push(['Cookie', cookie]);
  const request = {
    url,
    headers: lines,
    protocols,
    compress: compression === 'deflate',
    tags: taggedWith(ctx.tags, fieldsOf(tags, 'params.tags')),
    systemTags: SYSTEM_TAGS.filter((name) => ctx.systemTags[name] === true),
  };
  return { request, jar };
}

const CODE_NAMES: Readonly<Record<number, string>> = {
  1000: 'normal',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no status',
  1006: 'abnormal closure',
  1007: 'invalid payload data',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'mandatory extension missing',
  1011: 'internal server error',
};

/** What the error event says when a connection ends other than it should; undefined for a proper end. */
export function closeError(code: number, reason: string): string | undefined {
  if (code === 1000 || code === 1001) return undefined;
  const name = CODE_NAMES[code];
  const text = code === 1006 && reason === '' ? 'unexpected EOF' : reason;
  return `websocket: close ${code}${name === undefined ? '' : ` (${name})`}${text && `: ${text}`}`;
}
