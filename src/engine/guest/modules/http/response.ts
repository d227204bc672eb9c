/** Response objects. They are plain objects of the script's realm with all of k6's properties, in k6's order. */
import type { ExchangeResult, RequestSpec } from '../../../http/types.ts';
import { copyBytes, GoError, textOf } from '../../runtime/api.ts';
import { responseProblem } from '../../runtime/json-error.ts';
import { utf8Decode } from '../bytes.ts';
import type { Html, Selection } from '../html/index.ts';
import { responseCookies, type ResponseCookie } from './cookies.ts';
import { requestHeaders, responseHeaders, valuesOf } from './headers.ts';
import { selectPath } from './json-path.ts';

export interface Response {
  readonly url: string;
  body: unknown;
}

/** The methods every response of a VU has. */
export interface ResponseMethods {
  readonly json: unknown;
  readonly html: unknown;
  readonly submitForm: unknown;
  readonly clickLink: unknown;
}

export function makeResponse(methods: ResponseMethods, result: ExchangeResult, spec: RequestSpec): Response {
  const { sending, waiting, receiving, body, head } = result;
  const { json, html, submitForm, clickLink } = methods;
  const secure = result.tlsVersion !== '';
  return {
    remote_ip: result.remoteIp,
    remote_port: result.remotePort,
    url: result.url,
    status: result.status,
    status_text: result.statusText,
    proto: result.proto,
    headers: responseHeaders(head),
    cookies: result.setsCookies ? responseCookies(valuesOf(head, 'Set-Cookie')) : noCookies(),
    body: body === null || typeof body === 'string' ? body : copyBytes(body),
    timings: {
      duration: sending + waiting + receiving,
      blocked: result.blocked,
      looking_up: 0,
      connecting: result.connecting,
      tls_handshaking: result.tlsHandshaking,
      sending,
      waiting,
      receiving,
    },
    tls_version: result.tlsVersion,
    tls_cipher_suite: result.tlsCipher,
    ocsp: {
      produced_at: 0,
      this_update: 0,
      next_update: 0,
      revoked_at: 0,
      revocation_reason: '',
      status: secure ? result.ocspStatus : '',
    },
    error: result.error,
    error_code: result.errorCode,
    request: {
      method: spec.method,
      url: spec.url,
      headers: requestHeaders(result.requestHeaders),
      body: bodyText(spec.body),
      cookies: requestCookies(spec),
    },
    json,
    html,
    submitForm,
    clickLink,
  } as Response;
}

/** The response to a request that could not be made. */
export function failedResponse(methods: ResponseMethods, method: string, url: string, error: string): Response {
  const { json, html, submitForm, clickLink } = methods;
  return {
    remote_ip: '',
    remote_port: 0,
    url: '',
    status: 0,
    status_text: '',
    proto: '',
    headers: {},
    cookies: {},
    body: [],
    timings: {
      duration: 0,
      blocked: 0,
      looking_up: 0,
      connecting: 0,
      tls_handshaking: 0,
      sending: 0,
      waiting: 0,
      receiving: 0,
    },
    tls_version: '',
    tls_cipher_suite: '',
    ocsp: { produced_at: 0, this_update: 0, next_update: 0, revoked_at: 0, revocation_reason: '', status: '' },
    error,
    error_code: 1000,
    request: { method, url, headers: {}, body: '', cookies: {} },
    json,
    html,
    submitForm,
    clickLink,
  } as Response;
}

/** The document parsed last: scripts often read several values of one response. */
let lastText: string | undefined;
let lastValue: unknown;

/** `Response.json(selector)`. Every call gives values of its own. */
export function jsonOf(response: unknown, selector: unknown): unknown {
  const { body } = asResponse(response);
  const text =
    typeof body === 'string' ? body : body instanceof ArrayBuffer ? utf8Decode(new Uint8Array(body), 'byte') : '';
  if (selector === undefined || selector === null) {
    if (body === null || body === undefined) {
      throw new GoError(
        "the body is null so we can't transform it to JSON - this likely was because of a request error getting the response",
      );
    }
    return parseJson(text);
  }
  if (text !== lastText) {
    lastText = text;
    try {
      lastValue = JSON.parse(text) as unknown;
    } catch {
      lastValue = undefined;
    }
  }
  const found = selectPath(lastValue, textOf(selector));
  if (typeof found !== 'object' || found === null) return found;
  return JSON.parse(JSON.stringify(found)) as unknown;
}

export function htmlOf(html: Html, response: unknown, selector: unknown): Selection {
  const { body, url } = asResponse(response);
  if (typeof body !== 'string') throw new GoError("the body is null so we can't transform it to HTML");
  const page = html.parse(body, url);
  return selector === undefined || selector === null ? page : page.find(textOf(selector));
}

export function asResponse(value: unknown): Response {
  if (typeof value === 'object' && value !== null && 'body' in value && 'url' in value) return value as Response;
  throw new TypeError('this method must be called on a response');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const { line, column, reason } = responseProblem(text);
    throw new GoError(`cannot parse json due to an error at line ${line}, character ${column} , error: ${reason}`);
  }
}

function bodyText(body: string | Uint8Array | undefined): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : utf8Decode(body, 'byte');
}

const noCookies = (): Record<string, ResponseCookie[]> => ({});

function requestCookies(spec: RequestSpec): Record<string, unknown[]> {
  const cookies: Record<string, unknown[]> = {};
  if (spec.cookies === undefined) return cookies;
  for (const { name, value, replace } of spec.cookies) {
    Object.defineProperty(cookies, name, {
      value: [{ name, value, replace }],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return cookies;
}
