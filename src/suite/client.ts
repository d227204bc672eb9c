/** What scenarios are written with: a request that is named, grouped, checked and counted, and the pause after it. */
import { check, group, sleep } from 'k6';
import type { RefinedResponse } from 'k6/http';
import { Rate } from 'k6/metrics';
import type { Endpoint } from './endpoints.ts';
import { request } from './request.ts';
import { readScriptPlan, type ScriptPlan } from './script-plan.ts';

export type TextResponse = RefinedResponse<'text'>;
/** Check name → does the answer pass? Run after the status and content-type checks, and only when both hold. */
export type BodyChecks = Readonly<Record<string, (body: unknown, response: TextResponse) => boolean>>;

/** Share of requests whose answer failed any check: wrong answers count as errors, not only wrong statuses. */
const errors = new Rate('errors');

/** Wall-clock milliseconds; each VU has its own. */
let lastRequestAt = 0;

/** The plan of this run. */
export const plan: ScriptPlan = readScriptPlan(__ENV);

export interface SendOptions {
  /** GET by default. */
  readonly method?: string;
  /** Sent as it is. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** 200 by default. */
  readonly status?: number;
  /** What the answer's content type must begin with; JSON is parsed for the checks. Not looked at by default. */
  readonly contentType?: string;
  readonly checks?: BodyChecks;
}

/** GET that endpoint, with checks of status, content type and body in a group of the endpoint's name. */
export const get = (
  endpoint: Endpoint,
  url: string,
  contentType: 'application/json' | 'text/plain',
  checks: BodyChecks,
): TextResponse => send(endpoint, url, { contentType, checks });

/** Any request to that endpoint, with checks of status, content type and body in a group of the endpoint's name. */
export function send(endpoint: Endpoint, url: string, options: SendOptions = {}): TextResponse {
  const { method = 'GET', body: payload = null, headers = {}, status = 200, contentType, checks = {} } = options;
  return group(endpoint.name, () => {
    lastRequestAt = Date.now();
    const response = request(plan, { name: endpoint.name, method, url, body: payload, headers, status });
    let body: unknown;
    const type = response.headers['Content-Type'] ?? '';
    const wellFormed = check(response, {
      [`status is ${status}`]: () => response.status === status,
      ...(contentType === undefined ? {} : { [`content type is ${contentType}`]: () => type.startsWith(contentType) }),
    });
    if (wellFormed) body = contentType === 'application/json' ? parse(response.body) : response.body;
    const asserted = check(
      response,
      Object.fromEntries(
        Object.entries(checks).map(([name, holds]) => [name, () => wellFormed && holds(body, response)]),
      ),
    );
    errors.add(!(wellFormed && asserted));
    return response;
  });
}

/**
 * A user's pause: from one request to the next the plan's think time passes, ±20 % so that users do not march in step.
 * The time of the answer is part of it, so a baseline is the same load on a faster and on a slower target, as long as it
 * answers within the think time. None in open models.
 */
export function think(): void {
  // A clock that is set back must not make a user wait for it.
  const passed = Math.max(0, Date.now() - lastRequestAt) / 1000;
  const pause = plan.thinkSeconds * (0.8 + 0.4 * Math.random()) - passed;
  if (plan.thinkSeconds > 0 && pause > 0) sleep(pause);
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    return undefined;
  }
}
