/** The requests behind `Response.submitForm` and `Response.clickLink`. */
import { GoError, textOf } from '../../runtime/api.ts';
import type { Html, Selection } from '../html/index.ts';
import { encodeForm, formatUrl, parseUrl, resolveUrl } from '../html/url.ts';
import { htmlOf, type Response } from './response.ts';

/** Arguments of `makeRequest`, for what the page asks for. */
export interface PageRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly params: unknown;
}

type Options = Readonly<Record<string, unknown>>;

export function formRequest(html: Html, response: Response, options: Options): PageRequest {
  const selector = text(options['formSelector'], 'form');
  const form = find(html, response, selector, 'form');
  const method = text(form.attr('method'), 'GET').toUpperCase();
  const url = resolveUrl(text(form.attr('action'), response.url), response.url);
  const values = form.serializeObject() as Record<string, unknown>;
  const button = form.find(text(options['submitSelector'], '[type="submit"]'));
  const name = text(button.attr('name'), '');
  if (name !== '') values[name] = text(button.val(), '');
  for (const [key, value] of Object.entries((options['fields'] ?? {}) as Options)) values[key] = value;
  const pairs = Object.entries(values).flatMap(([key, value]): [string, string][] =>
    Array.isArray(value) ? value.map((item) => [key, textOf(item)]) : [[key, textOf(value)]],
  );
  const params = options['params'];
  if (method === 'GET') {
    return { method, url: formatUrl({ ...parseUrl(url), query: encodeForm(pairs) }), body: undefined, params };
  }
  return { method, url, body: Object.fromEntries(Object.entries(values)), params };
}

export function linkRequest(html: Html, response: Response, options: Options): PageRequest {
  const selector = text(options['selector'], 'a[href]');
  const link = find(html, response, selector, 'element');
  const href = text(link.attr('href'), '');
  if (href === '') {
    throw new GoError(`no valid href attribute value found on element '${selector}' in response '${response.url}'`);
  }
  return { method: 'GET', url: resolveUrl(href, response.url), body: undefined, params: options['params'] };
}

function find(html: Html, response: Response, selector: string, kind: string): Selection {
  const found = htmlOf(html, response, selector);
  if (found.size() > 0) return found;
  throw new GoError(`no ${kind} found for selector '${selector}' in response '${response.url}'`);
}

function text(value: unknown, fallback: string): string {
  return value === undefined || value === null || value === '' ? fallback : textOf(value);
}
