/** Secrets: where they come from, and how they are kept out of all that is written. */
import { readFileSync } from 'node:fs';
import { LoadError, messageOf } from '../errors.ts';
import { looksSecret, maskText } from './redact.ts';

/** The variable that holds the token of the API, for us and for the script. */
export const tokenVariable = 'GRAVL_API_TOKEN';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The token that requests carry; undefined when there is none.
 * @throws LoadError config.invalid
 */
export function readToken(from: string | null, env: Variables): string | undefined {
  if (from === null) return undefined;
  let token = env[tokenVariable] ?? '';
  if (from !== tokenVariable) {
    try {
      token = readFileSync(from, 'utf8');
    } catch (error) {
      throw new LoadError('config.invalid', `--token-file: ${from} cannot be read: ${messageOf(error)}`, {
        hint: 'The file holds the token and nothing else.',
      });
    }
  }
  token = token.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const where = from === tokenVariable ? from : `--token-file: ${from}`;
  const wrong = token === '' ? 'is empty' : 'has blanks, line ends or other characters that no header can carry';
  throw new LoadError('config.invalid', `${where}: the token ${wrong}`, { hint: 'It must be one word.' });
}

/** Secrets shorter than this are not looked for: they would be found everywhere. */
const shortest = 6;

/** What stands in the place of a secret. */
const mask = '***';

/** Takes known secrets out of texts, in every form they may have been written. */
export class Redactor {
  readonly #forms: readonly string[];

  constructor(secrets: Iterable<string>) {
    const forms = new Set([...secrets].filter((secret) => secret.length >= shortest).flatMap(formsOf));
    // The longest first: one secret may be part of another.
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  /** Known secrets only; for texts that machines read. */
  known(text: string): string {
    return this.#forms.reduce((rest, form) => (rest.includes(form) ? rest.replaceAll(form, mask) : rest), text);
  }

  /** Known secrets, and what looks like one; for texts that people read. */
  text(text: string): string {
    return maskText(this.known(text));
  }

  /** Every text in it, keys too; the same shape otherwise. */
  deep<T>(value: T, redact: (text: string) => string = (text) => this.known(text)): T {
    if (typeof value === 'string') return redact(value) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.deep(item, redact)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [redact(key), this.deep(item as unknown, redact)]),
    ) as T;
  }
}

/** Secrets in variables, by their names, and in the credentials of addresses. */
export function secretsIn(variables: Variables): string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return looksSecret(name) ? [value, ...credentialsOf(value)] : credentialsOf(value);
  });
}

/** Variables for the script: those whose names or values tell of a secret must not be seen in a command line. */
export function divideVariables(
  variables: Readonly<Record<string, string>>,
): Record<'shown' | 'hidden', Record<string, string>> {
  const isHidden = ([name, value]: [string, string]): boolean => secretsIn({ [name]: value }).length > 0;
  const all = Object.entries(variables);
  return {
    shown: Object.fromEntries(all.filter((entry) => !isHidden(entry))),
    hidden: Object.fromEntries(all.filter(isHidden)),
  };
}

/** User and password of an address, as they are written in it, as they are meant, and as a request sends them. */
export function credentialsOf(text: string): string[] {
  if (!text.includes('@') || !URL.canParse(text)) return [];
  const { username, password } = new URL(text);
  if (password === '') return username === '' ? [] : [username, decode(username)];
  const [user, word] = [decode(username), decode(password)];
  return [password, word, `${user}:${word}`];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Plain, as JSON, URL-encoded, and in base64 whatever stands before it. */
function formsOf(text: string): string[] {
  // Half a surrogate pair cannot be URL-encoded.
  const secret = text.replace(/\p{Surrogate}/gu, '\ufffd');
  const bytes = Buffer.from(secret);
  const forms = [text, secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), encodeURI(secret)];
  forms.push(encodeURIComponent(secret).replaceAll('%20', '+'));
  for (const shift of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    const base64 = whole.toString('base64').replaceAll('=', '');
    // The first and the last group of four letters share bits with what stands beside the secret.
    const inner = base64.slice(shift === 0 ? 0 : 4, Math.floor(whole.length / 3) * 4);
    if (inner.length < shortest) continue;
    forms.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(inner));
  }
  return forms;
}
