/** k6/http. */
import type { ExchangeResult, RequestSpec } from '../../../http/types.ts';
import {
  blocking,
  type Frame,
  GoError,
  type GuestContext,
  Immediate,
  type ModuleFactory,
  native,
  promiseOf,
  type ScriptFunction,
  startAsync,
  type Steps,
  suspendable,
  textOf,
} from '../../runtime/api.ts';
import { lazyModule } from '../../runtime/lazy-exports.ts';
import { createHtml } from '../html/index.ts';
import { batchEntries, upper } from './batch.ts';
import { CONSTANTS } from './constants.ts';
import { Jars } from './cookies.ts';
import { callbackRanges, DEFAULT_EXPECTED, expectedStatuses } from './expected.ts';
import { RequestFailure } from './failure.ts';
import { FileData } from './file.ts';
import { formRequest, linkRequest, type PageRequest } from './forms.ts';
import { httpUrl, HttpUrl } from './http-url.ts';
import { makeRequest, type RequestContext, throwOf } from './request.ts';
import {
  asResponse,
  failedResponse,
  htmlOf,
  jsonOf,
  makeResponse,
  type Response,
  type ResponseMethods,
} from './response.ts';

export const httpModule: ModuleFactory = lazyModule(
  'k6/http',
  (ctx) => new Http(ctx),
  {
    CookieJar: (http) => http.jars,
    get: (http) => http.verb('get', 'GET', false),
    head: (http) => http.verb('head', 'HEAD', false),
    post: (http) => http.verb('post', 'POST', true),
    put: (http) => http.verb('put', 'PUT', true),
    patch: (http) => http.verb('patch', 'PATCH', true),
    del: (http) => http.verb('del', 'DELETE', true),
    options: (http) => http.verb('options', 'OPTIONS', true),
    request: (http) => http.request(),
    asyncRequest: (http) => http.asyncRequest(),
    batch: (http) => http.batch(),
    cookieJar: (http) =>
      native('cookieJar', 0, () => {
        http.needVu('Getting the cookie jar');
        return http.jars.standard();
      }),
    file: () => native('file', 3, (data, filename, contentType) => new FileData(data, filename, contentType)),
    url: () => native('url', 1, (strings, ...args) => httpUrl(strings as readonly string[], args)),
    expectedStatuses: () => native('expectedStatuses', 0, (...args) => expectedStatuses(args)),
    setResponseCallback: (http) =>
      native('setResponseCallback', 1, (callback) => {
        http.expected = callbackRanges(callback);
      }),
  },
  CONSTANTS,
);

const json = native('json', 1, function (selector) {
  return jsonOf(this, selector);
});

/** The module of one VU. */
class Http implements RequestContext {
  expected: readonly number[] | null = DEFAULT_EXPECTED;
  readonly ctx: GuestContext;
  readonly #methods: ResponseMethods;
  readonly #jars: Jars;

  constructor(ctx: GuestContext) {
    this.ctx = ctx;
    this.#jars = Jars.of(ctx);
    const page = (
      name: string,
      make: (response: Response, options: Readonly<Record<string, unknown>>) => PageRequest,
    ) => {
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- the method's own `this` is the response
      const http = this;
      return suspendable(ctx, name, 1, function (steps, options) {
        return http.#visit(steps, make(asResponse(this), (options ?? {}) as Readonly<Record<string, unknown>>));
      });
    };
    this.#methods = {
      json,
      html: native('html', 1, function (selector) {
        return htmlOf(createHtml(ctx), this, selector);
      }),
      submitForm: page('submitForm', (response, options) => formRequest(createHtml(ctx), response, options)),
      clickLink: page('clickLink', (response, options) => linkRequest(createHtml(ctx), response, options)),
    };
  }

  get jars(): RequestContext['jars'] {
    return this.#jars.class;
  }

  /** `get(url, params)`, or `post(url, body, params)` for methods with a body. */
  verb(name: string, method: string, hasBody: boolean): ScriptFunction {
    return this.#blocking(name, hasBody ? 3 : 2, (args) =>
      hasBody ? this.#make(method, args[0], args[1], args[2]) : this.#makeBodiless(name, method, args),
    );
  }

  request(): ScriptFunction {
    return this.#blocking('request', 4, (args) => this.#make(upper(args[0]), args[1], args[2], args[3]));
  }

  asyncRequest(): ScriptFunction {
    const { ctx } = this;
    return native('asyncRequest', 4, (method, url, body, params) => {
      const made = ctx.stage === 'init' ? undefined : this.#tryMake(upper(method), url, body, params);
      if (made === undefined) return promiseOf(ctx, () => this.needVu('Making http requests'));
      if (made.failure !== undefined) {
        const { failure } = made;
        return promiseOf(ctx, () => this.#refused(failure, upper(method), url, params));
      }
      return startAsync(ctx, 'http.exchange', made.spec, (result) => this.#finish(result, made.spec));
    });
  }

  batch(): ScriptFunction {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- generators have a `this` of their own
    const http = this;
    return suspendable(this.ctx, 'batch', 1, function* (steps, requests) {
      http.needVu('Using batch');
      const entries = batchEntries(requests);
      const responses: unknown[] = [];
      const specs: RequestSpec[] = [];
      const places: number[] = [];
      for (const [index, { method, url, body, params }] of entries.entries()) {
        const made = http.#tryMake(method, url, body, params);
        if (made.failure !== undefined) responses[index] = http.#refused(made.failure, method, url, params);
        else {
          specs.push(made.spec);
          places.push(index);
        }
      }
      const results = specs.length === 0 ? [] : yield* steps.invoke('http.batch', specs);
      let failure: string | undefined;
      for (let i = 0; i < specs.length; i++) {
        const result = results[i];
        const spec = specs[i];
        if (result === undefined || spec === undefined) continue;
        http.#jars.dirty ||= result.jarChanged;
        if (result.throws) failure ??= result.errorMessage;
        responses[places[i] ?? 0] = makeResponse(http.#methods, result, spec);
      }
      if (failure !== undefined) throw new GoError(failure);
      if (Array.isArray(requests)) return responses;
      return Object.fromEntries(entries.map(({ key }, index) => [key, responses[index]]));
    });
  }

  needVu(action: string): void {
    if (this.ctx.stage === 'init') throw new GoError(`${action} in the init context is not supported`);
  }

  #blocking(
    name: string,
    length: number,
    prepare: (args: readonly unknown[]) => RequestSpec | Immediate<unknown>,
  ): ScriptFunction {
    return blocking<'http.exchange', unknown>(this.ctx, name, length, {
      op: 'http.exchange',
      prepare: (...args) => prepare(args),
      finish: (result, spec) => this.#finish(result, spec),
    });
  }

  #finish(result: ExchangeResult, spec: RequestSpec): Response {
    if (result.jarChanged) this.#jars.dirty = true;
    if (result.throws) throw new GoError(result.errorMessage);
    return makeResponse(this.#methods, result, spec);
  }

  #makeBodiless(name: string, method: string, args: readonly unknown[]): RequestSpec | Immediate<unknown> {
    if (args.length > 2) {
      this.ctx.host.log(
        'warning',
        `http.${name}() takes a URL and parameters; the ${args.length - 2} further arguments are ignored`,
      );
    }
    return this.#make(method, args[0], undefined, args[1]);
  }

  #make(method: string, url: unknown, body: unknown, params: unknown): RequestSpec | Immediate<unknown> {
    this.needVu('Making http requests');
    const made = this.#tryMake(method, url, body, params);
    return made.failure === undefined ? made.spec : new Immediate(this.#refused(made.failure, method, url, params));
  }

  #tryMake(
    method: string,
    url: unknown,
    body: unknown,
    params: unknown,
  ): { readonly spec: RequestSpec; readonly failure?: undefined } | { readonly failure: RequestFailure } {
    try {
      return { spec: makeRequest(this, method, url, body, params) };
    } catch (error) {
      if (error instanceof RequestFailure) return { failure: error };
      throw error;
    }
  }

  #refused(failure: RequestFailure, method: string, url: unknown, params: unknown): Response {
    const { message } = failure;
    const { throws } = this.ctx.call('http.refuse', { message, throw: throwOf(params) });
    if (throws) throw new GoError(message);
    return failedResponse(this.#methods, method, HttpUrl.is(url) ? url.url : textOf(url), message);
  }

  *#visit(steps: Steps, request: PageRequest): Frame {
    this.needVu('Making http requests');
    const made = this.#tryMake(request.method, request.url, request.body, request.params);
    if (made.failure !== undefined) return this.#refused(made.failure, request.method, request.url, request.params);
    const result = yield* steps.invoke('http.exchange', made.spec);
    return this.#finish(result, made.spec);
  }
}
