/** The option httpDebug: requests and responses in the log, in the shape Go's dumps have. */
import { randomUUID } from 'node:crypto';
import type { VuIo } from '../contracts/host.ts';
import type { TagSet } from '../contracts/metrics.ts';
import type { ResponseHead } from './head.ts';

type Detail = 'off' | 'headers' | 'full';
type Line = readonly [name: string, value: string];

/** Logs what a response to the request was. */
export type ResponseDump = (head: ResponseHead, method: string, body: string) => void;

/**
 * Logs a request, when that is asked for.
 * @param head as it is sent
 */
export function debugRequest(
  detail: Detail,
  io: VuIo,
  tags: TagSet,
  head: string,
  body: string | Uint8Array | undefined,
): ResponseDump | undefined {
  if (detail === 'off') return undefined;
  const scenario = tags.get('scenario');
  const fields = {
    group: tags.get('group') ?? '',
    iter: `${Math.max(0, (io.iterations ?? 0) - 1)}`,
    request_id: randomUUID(),
    ...(scenario === undefined ? {} : { scenario }),
    source: 'http-debug',
    vu: `${io.vuId}`,
  };
  const say = (text: string): void => io.log('info', text.replaceAll('\r\n', '\n'), fields);
  say(`Request:\n${requestHead(head)}${detail === 'full' && body !== undefined ? Buffer.from(body).toString() : ''}\n`);
  return (response, method, text) => {
    const bodiless = detail !== 'full' || method === 'HEAD' || !mayHaveBody(response.status);
    say(`Response:\n${responseHead(response)}${bodiless ? '' : framed(response, text)}\n`);
  };
}

function requestHead(head: string): string {
  const [first = '', ...lines] = head.trimEnd().split('\r\n');
  const headers = lines.map(split);
  const leading = ['Host', 'User-Agent', 'Content-Length'];
  const has = (name: string): boolean => headers.some(([key]) => key === name);
  // Go's dump shows what its own transport would have added, though k6's does not.
  const coding =
    !has('Accept-Encoding') && !has('Range') && !first.startsWith('HEAD ') ? 'Accept-Encoding: gzip\r\n' : '';
  return (
    `${first}\r\n` +
    written(leading.flatMap((name) => headers.filter(([key]) => key === name))) +
    written(sorted(headers.filter(([key]) => !leading.includes(key)))) +
    `${coding}\r\n`
  );
}

function responseHead({ status, statusText, proto, lines, contentLength, chunked, close }: ResponseHead): string {
  const framing = new Set(['Content-Length', 'Transfer-Encoding', 'Connection', 'Trailer']);
  const headers = lines.trimEnd().split('\r\n').filter(Boolean).map(split);
  const connection = headers.find(([name]) => name === 'Connection');
  const unbounded = contentLength < 0 && !chunked && mayHaveBody(status);
  const first: Line[] = [];
  if (close || unbounded) first.push(['Connection', 'close']);
  if (chunked) first.push(['Transfer-Encoding', 'chunked']);
  else if (contentLength > 0 && mayHaveBody(status)) first.push(['Content-Length', `${contentLength}`]);
  const rest = headers.filter(([name]) => !framing.has(name));
  if (connection !== undefined && !close) rest.push(connection);
  const empty = contentLength === 0 && !chunked && mayHaveBody(status) ? 'Content-Length: 0\r\n' : '';
  return `${proto} ${statusText}\r\n${written(first)}${written(sorted(rest))}${empty}\r\n`;
}

function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

function framed({ chunked }: ResponseHead, body: string): string {
  if (!chunked) return body;
  const chunk = body === '' ? '' : `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`;
  return `${chunk}0\r\n\r\n`;
}

function split(line: string): Line {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  return [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), line.slice(colon + 1).trim()];
}

function sorted(lines: readonly Line[]): Line[] {
  return [...lines].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

function written(lines: readonly Line[]): string {
  return lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
