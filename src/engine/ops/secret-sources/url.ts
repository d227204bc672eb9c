/**
 * Secrets from a service, asked by HTTP. The options, their order and the retries are those k6 documents for its source
 * `url`. Each key is asked for once on each thread of the engine.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RateLimiter } from '../../http/rate-limit.ts';
import { DurationError, parseDuration } from '../../options/duration.ts';
import { SourceError, type Source, type SourceInput } from './source.ts';

const MAX_JITTER_MS = 1000;
/** What a timer can wait. */
const MAX_WAIT_MS = 2 ** 31 - 1;

const defaults = {
  urlTemplate: '',
  method: 'GET',
  responsePath: '',
  timeout: '30s',
  requestsPerMinuteLimit: '300',
  requestsBurst: '10',
  maxRetries: '3',
  retryBackoff: '1s',
};
type Field = keyof typeof defaults;

const ENV_PREFIX = 'K6_SECRET_SOURCE_URL_';
const ENV_HEADER = `${ENV_PREFIX}HEADER_`;
const HEADER = 'headers.';

const isField = (name: string): name is Field => Object.hasOwn(defaults, name);
/** `urlTemplate` → `URL_TEMPLATE` */
const inCapitals = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/**
 * @param given fields and `headers.NAME` of the command line, which go before the file's, and those before the environment's
 * @throws SourceError for what cannot be asked
 */
export function openUrlSource(given: readonly (readonly [string, string])[], input: SourceInput): Source['get'] {
  const fields = { ...defaults };
  const headers = new Headers();
  const set = (name: string, value: string, where: string): void => {
    if (isField(name)) fields[name] = value;
    else if (name.startsWith(HEADER)) setHeader(headers, name.slice(HEADER.length), value, where);
    else throw new SourceError(`${where} is no option, only ${Object.keys(defaults).join(', ')} and headers.NAME`);
  };
  for (const name of Object.keys(defaults)) {
    const value = input.env[ENV_PREFIX + inCapitals(name)];
    if (value) set(name, value, name);
  }
  for (const [name, value] of Object.entries(input.env)) {
    const header = name.startsWith(ENV_HEADER) ? name.slice(ENV_HEADER.length).replaceAll('_', '-') : '';
    if (header !== '' && value) setHeader(headers, header, value, name);
  }
  for (const [name, file] of given) {
    if (name !== 'config') continue;
    for (const [field, value] of readConfig(path.resolve(input.folder, file))) set(field, value, `${file}: ${field}`);
  }
  // Part of a value with a comma in it may stand where a name should: the place is told, not the text.
  given.forEach(([name, value], index) => {
    if (name !== 'config') set(name, value, `part ${index + 1}`);
  });
  return asker(fields, headers, input.closed);
}

function setHeader(headers: Headers, name: string, value: string, where: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new SourceError(`${where} is no header that can be sent`);
  }
}

/** Fields and headers of a JSON file, as the command line would say them. */
function readConfig(file: string): [string, string][] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SourceError(code === undefined ? `${file} is not JSON` : `cannot read ${file} (${code})`);
  }
  const refuse = (what: string): never => {
    throw new SourceError(`${file}: ${what}`);
  };
  const text = (name: string, value: unknown): string =>
    typeof value === 'string' || typeof value === 'number'
      ? String(value)
      : refuse(`${name} must be a text or a number`);
  const entries = (value: unknown, what: string): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : refuse(`${what} must be an object`);
  return entries(json, 'what it holds').flatMap(([name, value]) =>
    name === 'headers'
      ? entries(value, name).map(([header, content]): [string, string] => [HEADER + header, text(header, content)])
      : [[name, text(name, value)] satisfies [string, string]],
  );
}

/** Asks as the fields say; a key that was told is kept, one that was not is asked for again. */
function asker(fields: Readonly<Record<Field, string>>, headers: Headers, closed: AbortSignal): Source['get'] {
  const { urlTemplate, method, responsePath } = fields;
  const duration = (name: Field): number => {
    try {
      return Math.min(parseDuration(fields[name]), MAX_WAIT_MS);
    } catch (error) {
      throw error instanceof DurationError ? new SourceError(`${name}: ${error.message}`) : error;
    }
  };
  const count = (name: Field, least: number): number => {
    const value = Number(fields[name]);
    if (fields[name] !== '' && Number.isInteger(value) && value >= least) return value;
    throw new SourceError(`${name} must be a whole number of at least ${least}`);
  };
  if (!urlTemplate.includes('{key}')) throw new SourceError('urlTemplate must be an address with {key} in it');
  const timeout = duration('timeout');
  if (timeout <= 0) throw new SourceError('timeout must be more than 0');
  const backoff = duration('retryBackoff');
  if (backoff < 0) throw new SourceError('retryBackoff must not be less than 0');
  const retries = count('maxRetries', 0);
  const limiter = new RateLimiter(count('requestsPerMinuteLimit', 1) / 60, undefined, count('requestsBurst', 1));
  const request = (key: string): Request => requestFor(urlTemplate, key, { method, headers });
  request('key');

  const once = async (asked: Request): Promise<string> => {
    await pause(limiter.take(), undefined, { signal: closed });
    // Not AbortSignal.any with AbortSignal.timeout: in Node 20 the garbage collector takes the two, and nothing ends.
    const ending = new AbortController();
    const end = (): void => {
      ending.abort();
    };
    closed.addEventListener('abort', end);
    const timer = setTimeout(() => {
      ending.abort(new ServiceError('the service did not answer in time', true));
    }, timeout);
    try {
      return await take(await fetch(asked, { signal: ending.signal }));
    } finally {
      clearTimeout(timer);
      closed.removeEventListener('abort', end);
    }
  };
  const take = async (response: Response): Promise<string> => {
    const text = await response.text();
    const { ok, status } = response;
    if (!ok) throw new ServiceError(`the service answered with status ${status}`, status >= 500 || status === 429);
    if (text === '') throw new ServiceError('the answer is empty');
    return responsePath === '' ? text : valueAt(text, responsePath);
  };
  const ask = async (key: string): Promise<string> => {
    if (!isSegment(key)) throw new Error(`secret ${JSON.stringify(key)}: the key cannot stand in an address`);
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(request(key));
      } catch (error) {
        const { message, passing } = serviceError(error);
        if (attempt > retries || closed.aborted || !passing) throw new Error(`secret "${key}": ${message}`);
      }
      const wait = (backoff / 1000) ** attempt * 1000 + Math.random() * MAX_JITTER_MS;
      await pause(Math.min(wait, MAX_WAIT_MS), undefined, { signal: closed });
    }
  };

  const told = new Map<string, string | Promise<string>>();
  return (key) => {
    const known = told.get(key);
    if (known !== undefined) return known;
    const answer = ask(key);
    told.set(key, answer);
    answer.then(
      (value) => told.set(key, value),
      () => told.delete(key),
    );
    return answer;
  };
}

/** Dots alone would lead out of the template's folder, and half a surrogate pair has no encoding. */
const isSegment = (key: string): boolean => !/^\.{0,2}$/.test(key) && !/\p{Surrogate}/u.test(key);

/** @throws SourceError that repeats neither address nor headers: they may hold what lets in */
function requestFor(template: string, key: string, init: { method: string; headers: Headers }): Request {
  const headers = new Headers(init.headers);
  try {
    const url = new URL(template.replaceAll('{key}', () => encodeURIComponent(key)));
    if (!/^https?:$/.test(url.protocol)) throw new TypeError('not HTTP');
    const { username, password } = url;
    if (username !== '' && !headers.has('authorization')) {
      const user = `${decoded(username)}:${decoded(password)}`;
      headers.set('authorization', `Basic ${Buffer.from(user).toString('base64')}`);
    }
    url.username = url.password = '';
    return new Request(url, { method: init.method, headers });
  } catch {
    throw new SourceError('urlTemplate must begin with http:// or https://, and method be one that can be sent');
  }
}

/** As it stands, where a percent sign is just that. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Why the service told no secret, without one. */
class ServiceError extends Error {
  /** Worth another try. */
  readonly passing: boolean;
  constructor(message: string, passing = false) {
    super(message);
    this.passing = passing;
  }
}

/** Of what fetch throws the code of the network alone: its messages may repeat the address. */
function serviceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const code: unknown = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
  return new ServiceError(`the service cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`, true);
}

/** @param place names with dots between them */
function valueAt(text: string, place: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ServiceError('the answer is not JSON');
  }
  for (const name of place.split('.'))
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
  // A number or a boolean as a secret would be taken out of every line of the log.
  if (typeof value === 'string') return value;
  throw new ServiceError(`the answer has no text at ${place}`);
}
