/** Messages to people: a webhook that takes `{"text": …}`, as chats do. */
import { messageOf } from '../../errors.ts';
import { withoutCredentials } from '../address.ts';

const timeoutMs = 10_000;

/** Undefined when it was taken, else why not; never the address, which is a secret. */
export async function notify(url: string, text: string): Promise<string | undefined> {
  try {
    const plain = withoutCredentials(url);
    const response = await fetch(plain.url, {
      method: 'POST',
      headers: { ...plain.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `${new URL(url).host} answers with status ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return `${new URL(url).host} cannot be reached: ${messageOf(cause)}`;
  }
}
