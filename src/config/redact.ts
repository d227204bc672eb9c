/** An address without credentials, and with the values of parameters that look like secrets masked. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  for (const name of new Set(url.searchParams.keys())) {
    if (looksSecret(name)) url.searchParams.set(name, '***');
  }
  // Without a path the parser adds a slash that nobody wrote.
  return text.endsWith('/') || url.search !== '' ? url.href : url.href.replace(/\/$/, '');
}

/** Whether a variable or parameter of that name is a secret. */
export const looksSecret = (name: string): boolean =>
  /token|secret|passw|api_?key|auth|credential|signature/i.test(name);
