/** One request of a scenario: carries the token to the API and to nobody else, and never leaves the host it is for. */
import http, { type RefinedParams, type RefinedResponse } from 'k6/http';
import secrets from 'k6/secrets';
import type { ScriptPlan } from './script-plan.ts';

export interface RequestInput {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The status that is asked for; a redirection that is asked for is not followed. */
  readonly status: number;
}

/** Redirections followed at most. */
const mostRedirects = 3;

/** Of GRAVL_API_TOKEN, or of k6's secret source; each VU has its own. */
let token = __ENV['GRAVL_API_TOKEN'] ?? '';

/** Name of the secret in k6's secret source (`--secret-source=file=FILE`), when the token comes from there. */
const secretName = __ENV['GRAVL_TOKEN_SECRET'] ?? '';

/** The iteration as it is, or one that first asks the secret source for the token. */
export function authorised(iteration: () => void): () => void | Promise<void> {
  if (secretName === '') return iteration;
  return async () => {
    if (token === '') token = await secrets.get(secretName);
    iteration();
  };
}

/** A redirection is followed within the host only: another one is not what the load is for, nor may it see the token. */
export function request({ apiUrl }: ScriptPlan, input: RequestInput): RefinedResponse<'text'> {
  const { name, method, body, status } = input;
  const origin = originOf(input.url);
  const own = token !== '' && origin === originOf(apiUrl);
  const params: RefinedParams<'text'> = {
    tags: { name },
    responseType: 'text',
    redirects: 0,
    headers: { ...(own ? { Authorization: `Bearer ${token}` } : {}), ...input.headers },
  };
  let response = http.request(method, input.url, body, params);
  for (let hop = 0; hop < mostRedirects && response.status !== status; hop++) {
    const next = redirection(response, method, origin);
    if (next === undefined) break;
    response = http.request(method, next, null, params);
  }
  return response;
}

function redirection({ status, headers }: RefinedResponse<'text'>, method: string, origin: string): string | undefined {
  const location = headers['Location'];
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const next = /^\/(?!\/)/.test(location) ? origin + location : location;
  return originOf(next) === origin ? next : undefined;
}

/** With the credentials that may be in it. Only `/`, `?` and `#` end it, so nothing else can pretend to be the host. */
const originOf = (url: string): string => /^https?:\/\/[^/?#\\]*/i.exec(url)?.[0] ?? url;
