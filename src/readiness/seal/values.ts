/**
 * The values that are sealed, and where they come from: files, the standard input, a hidden prompt, a generator, or a
 * template of the others. Never the command line, where `ps`, the shell's history and CI logs would show them.
 */
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { LoadError } from '../../errors.ts';

export interface ValueSources {
  /** `KEY=PATH`, or a path whose base name is the key. */
  readonly fromFile: readonly string[];
  /** A file with `KEY=VALUE` lines; `-` is the standard input. */
  readonly fromEnvFile: string | undefined;
  /** The key whose value the standard input is. */
  readonly stdin: string | undefined;
  readonly prompt: readonly string[];
  /** `KEY=LENGTH` */
  readonly generate: readonly string[];
  /** `KEY=TEXT with {OTHER}` */
  readonly template: readonly string[];
}

export interface ValueInputs {
  readFile(file: string): Promise<Buffer>;
  readStdin(): Promise<Buffer>;
  /** Without echo. */
  ask(question: string): Promise<string>;
}

/** What the API server takes as a key of a Secret. */
const keyPattern = /^[-._a-zA-Z0-9]{1,253}$/;
const shortest = 16;
const longest = 4096;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Random letters and digits: nearly 6 bits a character, and safe in URLs, shells and files. */
export const generateValue = (length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/**
 * Reads every value. What is wrong with the options is found before anyone is asked anything.
 * @throws LoadError usage.invalid, secrets.invalid
 */
export async function gatherValues(sources: ValueSources, inputs: ValueInputs): Promise<Map<string, Buffer>> {
  const files = sources.fromFile.map((given) => filePair(given));
  const lengths = sources.generate.map((given) => lengthPair(given));
  const templates = sources.template.map((given) => pair('--template', 'KEY=TEXT with {OTHER}', given));
  if (sources.stdin !== undefined && sources.fromEnvFile === '-') {
    throw usage('--stdin and --from-env-file - both read the standard input; give one of them');
  }

  const values = new Map<string, Buffer>();
  const add = (option: string, key: string, value: Buffer): void => {
    checkKey(option, key);
    if (values.has(key)) throw usage(`${option}: ${key} is given twice`);
    values.set(key, value);
  };
  for (const key of [...sources.prompt, ...(sources.stdin === undefined ? [] : [sources.stdin])])
    checkKey('--prompt', key);
  for (const [key, file] of files) add('--from-file', key, await inputs.readFile(file));
  if (sources.fromEnvFile !== undefined) {
    const text = await (sources.fromEnvFile === '-' ? inputs.readStdin() : inputs.readFile(sources.fromEnvFile));
    for (const [key, value] of envLines(text.toString('utf8'))) add('--from-env-file', key, Buffer.from(value));
  }
  if (sources.stdin !== undefined) add('--stdin', sources.stdin, withoutLineEnd(await inputs.readStdin()));
  for (const [key, length] of lengths) add('--generate', key, Buffer.from(generateValue(length)));
  for (const key of sources.prompt) add('--prompt', key, Buffer.from(await inputs.ask(`${key}: `)));
  for (const [key, template] of templates) add('--template', key, Buffer.from(fill(template, values)));

  if (values.size === 0) {
    throw usage('there is no value to seal; give --from-file, --from-env-file, --stdin, --prompt or --generate');
  }
  for (const [key, value] of values) if (value.length === 0) throw invalid(`the value of ${key} is empty`);
  return values;
}

const usage = (message: string): LoadError => new LoadError('usage.invalid', message);
const invalid = (message: string): LoadError => new LoadError('secrets.invalid', message);

function checkKey(option: string, key: string): void {
  if (keyPattern.test(key)) return;
  throw usage(`${option}: a key must be of letters, digits, "-", "_" and ".", as a Secret's keys are`);
}

/** The messages leave the value out: someone may have written the secret there. */
function pair(option: string, form: string, given: string): [key: string, rest: string] {
  const equals = given.indexOf('=');
  if (equals < 1 || equals === given.length - 1) throw usage(`${option}: must be ${form}`);
  return [given.slice(0, equals), given.slice(equals + 1)];
}

function filePair(given: string): [key: string, file: string] {
  return given.includes('=') ? pair('--from-file', 'KEY=PATH', given) : [path.basename(given), given];
}

function lengthPair(given: string): [key: string, length: number] {
  const form = `KEY=LENGTH with a length from ${shortest} to ${longest}, such as jwt-secret=64`;
  const [key, text] = pair('--generate', form, given);
  const length = /^\d+$/.test(text) ? Number(text) : 0;
  if (length < shortest || length > longest) throw usage(`--generate: ${key}: must be ${form}`);
  return [key, length];
}

/** As `kubectl create secret --from-env-file` reads them: no quotes, no escapes. */
function envLines(text: string): [key: string, value: string][] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trimStart(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => {
      const equals = line.indexOf('=');
      if (equals < 1) throw invalid(`--from-env-file: line ${number} is not KEY=VALUE`);
      return [line.slice(0, equals), line.slice(equals + 1)];
    });
}

/** `echo` and editors end a line; it is not part of the value. A file's bytes are taken as they are. */
function withoutLineEnd(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  return bytes.subarray(0, text.length - (/\r?\n$/.exec(text)?.[0].length ?? 0));
}

/** In a URL a value is percent-encoded, so that no character of it changes what the URL means. */
function fill(template: string, values: ReadonlyMap<string, Buffer>): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(template);
  return template.replace(/\{([^{}]+)\}/g, (_, key: string) => {
    const value = values.get(key)?.toString('utf8');
    if (value === undefined) throw usage(`--template: {${key}} is not among the other values`);
    return isUrl ? encodeURIComponent(value) : value;
  });
}
