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

const name = String.raw`[\w-]{0,40}(?:token|secret|passw(?:or)?d|api[_-]?key|authorization|credential|cookie|signature)[\w-]{0,40}`;
const bare = String.raw`[^\s"'&,;\\{}[\]<>]`;
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]{1,500}@/gi, '$1***@'],
  [/\b(Bearer|Basic|Digest|Token)[ ]+[\w.~+/=-]{6,}/gi, '$1 ***'],
  [/\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g, '***'],
  [new RegExp(String.raw`(["']?\b${name}\\?["']?[ ]*[:=][ ]*\\?")(?=\S)[^"\\]+`, 'gi'), '$1***'],
  [
    // With a digit, or long: `secret: must be …` is a sentence.
    new RegExp(
      String.raw`(\b${name}[ ]*[:=][ ]*)(?!\*\*\*|Bearer|Basic|Digest|Token)(?=${bare}*\d|${bare}{12})${bare}+`,
      'gi',
    ),
    '$1***',
  ],
];

/** Masks what looks like a secret in a text for people: credentials in addresses, tokens, values with telling names. */
export const maskText = (text: string): string =>
  patterns.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
