import type { RequestOptions } from 'node:https';

export interface PostTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Client certificate, verification, versions. */
  readonly tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'minVersion'>;
}

const TIMEOUT_MS = 10_000;
/** As much of an answer's body as an error message needs. */
const MAX_ANSWER = 2000;

/**
 * Sends a body by POST.
 * @throws Error when there is no answer, or one that is not 2xx: its status and the beginning of its body
 */
export function post({ url, headers, tls }: PostTarget, body: Uint8Array): Promise<void> {
  // Not before something is to be sent: no other part of a run needs them.
  const { request: send } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method: 'POST', headers: { ...headers, 'content-length': body.length }, timeout: TIMEOUT_MS, ...tls },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          if (text.length < MAX_ANSWER) text += piece;
        });
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve();
          else reject(new Error(`${url.host} answered ${status}: ${text.trim().slice(0, MAX_ANSWER)}`));
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error(`${url.host} did not answer within ${TIMEOUT_MS / 1000} s`)));
    request.on('error', reject);
    request.end(body);
  });
}
