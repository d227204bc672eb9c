/** Where a redirection leads, and in which shape the request goes there: the rules of Go's http.Client. */
import type { VuIo } from '../contracts/host.ts';
import { ErrorCode, ExchangeError } from './errors.ts';
import type { ResponseHead } from './head.ts';
import { type Target, targetOfUrl } from './target.ts';
import { formatUrl, resolveUrl, UrlError } from './url.ts';

export interface Redirect {
  readonly to: Target;
  readonly method: string;
  readonly keepsBody: boolean;
}

/** Undefined when the response is to be taken as it is; an error for a broken Location. */
export function redirectOf(head: ResponseHead, method: string, from: Target): Redirect | ExchangeError | undefined {
  const { status, location } = head;
  if (status !== 301 && status !== 302 && status !== 303 && status !== 307 && status !== 308) return undefined;
  if (location === undefined || location === '') return undefined;
  let to: Target;
  try {
    const url = resolveUrl(from.url, location);
    to = targetOfUrl(url.fragment === undefined ? { ...url, fragment: from.url.fragment } : url);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    const reason = `parse ${JSON.stringify(location)}: ${error.message}`;
    return new ExchangeError(
      ErrorCode.generic,
      `failed to parse Location header ${JSON.stringify(location)}: ${reason}`,
    );
  }
  const keeps = status === 307 || status === 308;
  return { to, method: keeps || method === 'HEAD' ? method : 'GET', keepsBody: keeps };
}

/** Without credentials, and never from https to http. */
export function refererOf(from: Target, to: Target): string {
  if (from.secure && !to.secure) return '';
  return formatUrl({ ...from.url, userinfo: undefined, fragment: undefined });
}

/** @param limit redirects that were followed */
export function warnOfStop(io: VuIo, limit: number, to: Target): void {
  io.log(
    'warning',
    `Stopped after ${limit + 1} redirects and returned the redirection; pass { redirects: n } in request params or ` +
      'set global maxRedirects to silence this',
    { url: to.href },
  );
}
