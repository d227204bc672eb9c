/** Httpx of jslib.k6.io, by its public documentation: sessions on top of k6/http. Runs inside scripts. */
import http, { type Params, type RefinedResponse, type RequestBody, type ResponseType } from 'k6/http';

type Response = RefinedResponse<ResponseType | undefined>;
type Body = RequestBody | null | undefined;
type Options = Params & { timeout?: number | string };

interface SessionOptions extends Options {
  baseURL?: string;
}

/** One request of a batch. */
export class Request {
  readonly method: string;
  readonly url: string;
  readonly body: Body;
  readonly params: Options;

  constructor(method: string, url: string, body?: Body, params: Options = {}) {
    this.method = method;
    this.url = url;
    this.body = body;
    this.params = params;
  }
}

/** The class of the requests with one method: `new Get(url, body, params)`. */
function requestOf(method: string): new (url: string, body?: Body, params?: Options) => Request {
  return class extends Request {
    constructor(url: string, body?: Body, params?: Options) {
      super(method, url, body, params);
    }
  };
}

export const Get = requestOf('GET');
export const Post = requestOf('POST');
export const Put = requestOf('PUT');
export const Patch = requestOf('PATCH');
export const Delete = requestOf('DELETE');
export const Options = requestOf('OPTIONS');
export const Head = requestOf('HEAD');

export class Httpx {
  baseURL: string;
  params: Options;

  constructor({ baseURL = '', headers = {}, tags = {}, ...params }: SessionOptions = {}) {
    this.baseURL = baseURL;
    this.params = { ...params, headers: { ...headers }, tags: { ...tags } };
  }

  request(method: string, url: string, body?: Body, params?: Options): Response {
    return http.request(method, this.#url(url), body, this.#merge(params));
  }
  asyncRequest(method: string, url: string, body?: Body, params?: Options): Promise<Response> {
    return http.asyncRequest(method, this.#url(url), body, this.#merge(params));
  }
  get(url: string, body?: Body, params?: Options): Response {
    return this.request('GET', url, body, params);
  }
  post(url: string, body?: Body, params?: Options): Response {
    return this.request('POST', url, body, params);
  }
  put(url: string, body?: Body, params?: Options): Response {
    return this.request('PUT', url, body, params);
  }
  patch(url: string, body?: Body, params?: Options): Response {
    return this.request('PATCH', url, body, params);
  }
  delete(url: string, body?: Body, params?: Options): Response {
    return this.request('DELETE', url, body, params);
  }
  options(url: string, body?: Body, params?: Options): Response {
    return this.request('OPTIONS', url, body, params);
  }
  head(url: string, body?: Body, params?: Options): Response {
    return this.request('HEAD', url, body, params);
  }

  /** Sends several requests side by side; `params` hold for all of them, a request's own win. */
  batch(requests: readonly Request[], params: Options = {}): Response[] {
    return http.batch(
      requests.map((request) => ({
        method: request.method,
        url: this.#url(request.url),
        body: request.body,
        params: this.#merge({
          ...params,
          ...request.params,
          headers: { ...params.headers, ...request.params.headers },
          tags: { ...params.tags, ...request.params.tags },
        }),
      })) as never,
    );
  }

  setBaseUrl(url: string): void {
    this.baseURL = url;
  }
  addHeader(name: string, value: string): void {
    this.params.headers = { ...this.params.headers, [name]: value };
  }
  addHeaders(headers: Readonly<Record<string, string>>): void {
    this.params.headers = { ...this.params.headers, ...headers };
  }
  clearHeader(name: string): void {
    this.params.headers = without(this.params.headers, name);
  }
  addTag(name: string, value: string): void {
    this.params.tags = { ...this.params.tags, [name]: value };
  }
  addTags(tags: Readonly<Record<string, string>>): void {
    this.params.tags = { ...this.params.tags, ...tags };
  }
  clearTag(name: string): void {
    this.params.tags = without(this.params.tags, name);
  }

  #url(url: string): string {
    return this.baseURL + url;
  }

  #merge(params: Options = {}): Params {
    return {
      ...this.params,
      ...params,
      headers: { ...this.params.headers, ...params.headers },
      tags: { ...this.params.tags, ...params.tags },
    };
  }
}

function without<T>(record: Readonly<Record<string, T>> | undefined, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => key !== name));
}

/** The session behind the module's own functions. */
const session = new Httpx();
export const request = session.request.bind(session);
export const asyncRequest = session.asyncRequest.bind(session);
export const get = session.get.bind(session);
export const post = session.post.bind(session);
export const put = session.put.bind(session);
export const patch = session.patch.bind(session);
export const options = session.options.bind(session);
export const head = session.head.bind(session);
export const batch = session.batch.bind(session);
export default session;
