/** The requests `http.batch` takes: an array or an object of URLs, arrays and objects. */
import type { RequestSpec } from '../../../http/types.ts';
import { GoError, textOf } from '../../runtime/api.ts';
import { HttpUrl } from './http-url.ts';

/** One entry, read as far as its shape goes. */
export interface BatchEntry {
  readonly key: string | number;
  readonly method: string;
  readonly url: unknown;
  readonly body: unknown;
  readonly params: unknown;
}

/** An entry that is sent, or one that already has its response. */
export type Prepared = { readonly spec: RequestSpec } | { readonly response: unknown };

export function batchEntries(requests: unknown): BatchEntry[] {
  if (requests === undefined || requests === null) throw new GoError('no argument was provided to http.batch()');
  if (typeof requests !== 'object') throw new GoError(`invalid http.batch() argument type ${goType(requests)}`);
  if (Array.isArray(requests)) return requests.map((request: unknown, index) => entry(index, request));
  return Object.entries(requests).map(([key, request]: [string, unknown]) => entry(key, request));
}

function entry(key: string | number, request: unknown): BatchEntry {
  if (typeof request === 'string' || HttpUrl.is(request)) {
    return { key, method: 'GET', url: request, body: undefined, params: undefined };
  }
  if (Array.isArray(request)) {
    const [method, url, body, params] = request as unknown[];
    if (request.length < 2) throw new GoError(`invalid URL provided for batch request ${key}`);
    return { key, method: upper(method), url, body, params };
  }
  if (typeof request !== 'object' || request === null) {
    throw new GoError(`invalid batch request ${key}: expected a string, an array or an object`);
  }
  const { method, url, body, params } = request as Readonly<Record<string, unknown>>;
  if (url === undefined) throw new GoError(`batch request ${key} doesn't have a url key`);
  return { key, method: method === undefined ? 'GET' : upper(method), url, body, params };
}

export const upper = (method: unknown): string => textOf(method).toUpperCase();

function goType(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
