import type { FailedRequest } from '../types.ts';
import type { EndLine } from './format.ts';

/** Kinds of failures that are kept, and how much of a body. */
const MAX_KINDS = 50;
const MAX_BODY = 1000;

/** One example per kind of failure (endpoint, method, status, error), with how often the kind occurred. */
export class FailureExamples {
  readonly #kinds = new Map<string, { readonly request: FailedRequest; count: number }>();

  add(request: FailedRequest): void {
    const { endpoint, method, status, error } = request;
    const kind = JSON.stringify([endpoint, method, status, error]);
    const known = this.#kinds.get(kind);
    if (known !== undefined) known.count++;
    else if (this.#kinds.size < MAX_KINDS) this.#kinds.set(kind, { request, count: 1 });
  }

  list(): EndLine['samples'] {
    return [...this.#kinds.values()].map(({ request, count }) => ({
      endpoint: request.endpoint,
      method: request.method,
      url: request.url,
      status: request.status,
      error: request.error,
      body: request.body.slice(0, MAX_BODY),
      count,
    }));
  }
}
