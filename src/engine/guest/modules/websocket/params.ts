/** What k6/ws and k6/websockets have in common: parameters of a connection, and the words for its end. */
import type { TagSet } from '../../../contracts/metrics.ts';
import type { WsRequest } from '../../../ops/websocket.ts';
import type { GuestContext } from '../../runtime/api.ts';
import { asText, describe } from '../bytes.ts';

/** System tags a connection's samples can carry. */
const SYSTEM_TAGS = ['url', 'status', 'subproto', 'ip'] as const;
/** Id of the VU's own cookie jar in the HTTP client. */
const DEFAULT_JAR = 0;

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

/** The VU's cookies for this address, as a header's value; empty for none. */
function cookies(ctx: GuestContext, url: string): string {
  const outcome = ctx.host.call('http.jar.get', { jar: DEFAULT_JAR, url: url.replace(/^ws/i, 'http') });
  if (!outcome.ok) return '';
  const pairs = outcome.value;
  let header = '';
  for (let i = 0; i + 1 < pairs.length; i += 2) header += `${header && '; '}${pairs[i] ?? ''}=${pairs[i + 1] ?? ''}`;
  return header;
}

/** Throws a TypeError for parameters k6 would not take. */
export function requestOf(ctx: GuestContext, url: string, params: unknown): WsRequest {
  if (!/^wss?:\/\/[^/]/i.test(url)) throw new TypeError(`invalid WebSocket URL "${url}": expected ws:// or wss://`);
  const { headers, tags, compression } = fieldsOf(params, 'params');
  if (compression != null && compression !== '' && compression !== 'deflate') {
    throw new TypeError(`unsupported compression algorithm '${asText(compression)}', supported algorithm is 'deflate'`);
  }
  const given = fieldsOf(headers, 'params.headers');
  const lines: [string, string][] = [];
  let protocols: string[] = [];
  let hasCookie = false;
  for (const name of Object.keys(given)) {
    const value = String(given[name]);
    const lower = name.toLowerCase();
    if (lower === 'sec-websocket-protocol') protocols = value.split(',').map((protocol) => protocol.trim());
    else lines.push([name, value]);
    hasCookie ||= lower === 'cookie';
  }
  const cookie = hasCookie ? '' : cookies(ctx, url);
  if (cookie) lines.push(['Cookie', cookie]);
  return {
    url,
    headers: lines,
    protocols,
    compress: compression === 'deflate',
    tags: taggedWith(ctx.tags, fieldsOf(tags, 'params.tags')),
    systemTags: SYSTEM_TAGS.filter((name) => ctx.systemTags[name] === true),
  };
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
