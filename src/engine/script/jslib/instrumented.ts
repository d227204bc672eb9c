/** Requests of k6/http with headers that a library adds: what its instrumentation modules have in common. */
import http, { type Params, type RefinedResponse, type RequestBody, type ResponseType } from 'k6/http';

type Url = Parameters<typeof http.request>[1];
type Response = RefinedResponse<ResponseType | undefined>;
type Body = RequestBody | null | undefined;
/** What `http.url` gives has these, which its type does not tell. */
interface NamedUrl {
  readonly url: string;
  readonly name: string;
}
type AnyParams = Params | null | undefined;

/** What the headers may depend on. */
export interface Call {
  readonly method: string;
  readonly url: string;
  /** Of the tag, else of `http.url`. */
  readonly name: string | undefined;
}
/** Called for each request; `done` follows it. */
export type Instrument = (call: Call) => { headers: Record<string, string>; done?: () => void };

type Send = (method: string, url: Url, body: Body, params: AnyParams) => Response;

/** Instrumented forms of the functions that make requests. */
export class InstrumentedRequests {
  readonly #send: Send;
  readonly #instrument: Instrument;

  constructor(instrument: Instrument, send: Send = http.request) {
    this.#instrument = instrument;
    this.#send = send;
  }

  request(method: string, url: Url, body?: Body, params?: AnyParams): Response {
    const address = typeof url === 'string' ? { url, name: undefined } : (url as unknown as NamedUrl);
    const name = params?.tags?.['name'] ?? address.name;
    const { headers, done } = this.#instrument({ method, url: address.url, name });
    try {
      return this.#send(method, url, body, { ...params, headers: { ...params?.headers, ...headers } });
    } finally {
      done?.();
    }
  }
  get(url: Url, params?: AnyParams): Response {
    return this.request('GET', url, null, params);
  }
  head(url: Url, params?: AnyParams): Response {
    return this.request('HEAD', url, null, params);
  }
  post(url: Url, body?: Body, params?: AnyParams): Response {
    return this.request('POST', url, body, params);
  }
  put(url: Url, body?: Body, params?: AnyParams): Response {
    return this.request('PUT', url, body, params);
  }
  patch(url: Url, body?: Body, params?: AnyParams): Response {
    return this.request('PATCH', url, body, params);
  }
  del(url: Url, body?: Body, params?: AnyParams): Response {
    return this.request('DELETE', url, body, params);
  }
  options(url: Url, body?: Body, params?: AnyParams): Response {
    return this.request('OPTIONS', url, body, params);
  }
}

/** Replaces the functions of k6/http that make single requests. */
export function instrument(headersFor: Instrument): void {
  // The one function that makes requests is taken now: it is about to be replaced.
  const requests = new InstrumentedRequests(headersFor, http.request);
  Object.assign(http, {
    request: (method: string, url: Url, body?: Body, params?: AnyParams) => requests.request(method, url, body, params),
    get: (url: Url, params?: AnyParams) => requests.get(url, params),
    head: (url: Url, params?: AnyParams) => requests.head(url, params),
    post: (url: Url, body?: Body, params?: AnyParams) => requests.post(url, body, params),
    put: (url: Url, body?: Body, params?: AnyParams) => requests.put(url, body, params),
    patch: (url: Url, body?: Body, params?: AnyParams) => requests.patch(url, body, params),
    del: (url: Url, body?: Body, params?: AnyParams) => requests.del(url, body, params),
    options: (url: Url, body?: Body, params?: AnyParams) => requests.options(url, body, params),
  });
}
