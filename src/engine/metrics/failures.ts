import type { FailedRequest } from '../contracts/metrics.ts';

/** Kinds of failures that are kept, and how much of a body. */
const MAX_KINDS = 50;
const MAX_BODY = 1000;

/** One of the requests of a kind: the same endpoint, method, status and error. Structured-cloneable. */
export interface FailureExample extends FailedRequest {
  /** How many of the kind there were. */
  readonly count: number;
}

/** One example per kind of failure, with how often the kind occurred. */
export class FailureExamples {
  readonly #kinds = new Map<string, { example: FailedRequest; count: number }>();

  add(request: FailedRequest, count = 1): void {
    const { endpoint, method, url, status, error, body } = request;
    const kind = JSON.stringify([endpoint, method, status, error]);
    const known = this.#kinds.get(kind);
    if (known !== undefined) known.count += count;
    else if (this.#kinds.size < MAX_KINDS) {
      // A copy: what V8 makes of a slice would keep the whole body in memory.
      const start = Buffer.from(body.slice(0, MAX_BODY)).toString();
      this.#kinds.set(kind, { example: { endpoint, method, url, status, error, body: start }, count });
    }
  }

  /** What came since the last call. */
  drain(): FailureExample[] {
    const examples = [...this.#kinds.values()].map(({ example, count }) => ({ ...example, count }));
    this.#kinds.clear();
    return examples;
  }
}
