/** Addresses with credentials in them, for fetch, which refuses these and repeats them in its error. */

/** The address without credentials, and the header they become. */
export function withoutCredentials(address: string): {
  readonly url: string;
  readonly headers: Record<string, string>;
} {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { url: address, headers: {} };
  url.username = url.password = '';
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { url: url.href, headers: { authorization: `Basic ${credentials}` } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
