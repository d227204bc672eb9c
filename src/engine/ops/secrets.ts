/** The sources of k6/secrets, and the redaction of what scripts have taken from them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { AsyncOpHandler, CallOpHandler } from '../contracts/host.ts';

declare module '../contracts/host.ts' {
  interface AsyncOps {
    /** Without a source: from the default one. */
    'secrets.get': { arg: { readonly source: string | undefined; readonly key: string }; result: string };
  }
  interface CallOps {
    /** Whether there is a source of this name. */
    'secrets.source': { arg: string; result: boolean };
  }
}

const REDACTED = '***SECRET_REDACTED***';

interface Source {
  readonly name: string;
  readonly isDefault: boolean;
  readonly values: ReadonlyMap<string, string>;
}

const invalid = (spec: string, why: string) =>
  new EngineError(`invalid secret source "${spec}": ${why}`, ExitCode.invalidConfig, {
    hint: 'write file=PATH, mock=KEY=VALUE or, with more than one source, file=name=NAME,filename=PATH and mock=default,KEY=VALUE',
  });

function pair(text: string): [key: string, value: string] | undefined {
  const at = text.indexOf('=');
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

/** Lines `key=value`; empty lines and those that begin with # are skipped. */
function readSecrets(spec: string, file: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(spec, `cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  const values = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line === '' || line.startsWith('#')) return;
    const entry = pair(line);
    if (!entry) throw invalid(spec, `${file}:${index + 1} is not of the form key=value`);
    values.set(...entry);
  });
  return values;
}

function parseSource(spec: string, folder: string): Source {
  const [type, config] = pair(spec) ?? [spec, ''];
  if (type !== 'file' && type !== 'mock')
    throw invalid(spec, `there is no source of type "${type}", only file and mock`);
  let name = 'default';
  let isDefault = false;
  let filename: string | undefined;
  const mocked = new Map<string, string>();
  for (const part of config.split(',')) {
    const entry = pair(part);
    if (part === 'default') isDefault = true;
    else if (entry?.[0] === 'name') name = entry[1];
    else if (type === 'mock' && entry) mocked.set(...entry);
    else if (type === 'file' && filename === undefined && (!entry || entry[0] === 'filename'))
      filename = entry?.[1] ?? part;
    else throw invalid(spec, `"${part}" is not understood`);
  }
  if (type === 'mock') return { name, isDefault, values: mocked };
  if (!filename) throw invalid(spec, 'the file is missing');
  return { name, isDefault, values: readSecrets(spec, path.resolve(folder, filename)) };
}

/** The sources of one run on one thread. */
export class Secrets {
  #sources = new Map<string, Source>();
  #default: Source | undefined;
  /** Longest first, so that a secret inside of another one leaves no rest. */
  #taken: string[] = [];

  /**
   * @param specs values of `--secret-source`
   * @param folder relative file names start here
   * @throws EngineError (104) for what is not a source
   */
  configure(specs: readonly string[], folder: string): void {
    const sources = new Map<string, Source>();
    let first: Source | undefined;
    for (const spec of specs) {
      const source = parseSource(spec, folder);
      if (sources.has(source.name)) throw invalid(spec, `there is already a source named "${source.name}"`);
      if (source.isDefault && first?.isDefault) throw invalid(spec, 'there is already a default source');
      sources.set(source.name, source);
      if (source.isDefault || specs.length === 1) first = source;
    }
    this.#sources = sources;
    this.#default = first;
    this.#taken = [];
  }

  has(name: string): boolean {
    return this.#sources.has(name);
  }

  /** Throws an Error that names what is missing. */
  get(name: string | undefined, key: string): string {
    const source = name === undefined ? this.#default : this.#sources.get(name);
    if (source === undefined) {
      throw new Error(
        name === undefined ? 'no default secret source is configured' : `no secret source with name "${name}"`,
      );
    }
    const value = source.values.get(key);
    if (value === undefined) throw new Error(`no secret with key "${key}" in the source "${source.name}"`);
    if (value !== '' && !this.#taken.includes(value)) {
      this.#taken.push(value);
      this.#taken.sort((a, b) => b.length - a.length);
    }
    return value;
  }

  /** For every line that leaves the engine: logs and the script's console. */
  redact(text: string): string {
    let result = text;
    for (const value of this.#taken) result = result.replaceAll(value, REDACTED);
    return result;
  }
}

/** This thread's secrets; configured once the options are known. */
export const secrets = new Secrets();

export const get: AsyncOpHandler<'secrets.get'> = (_io, { source, key }, done) => {
  const immediate = setImmediate(() => {
    try {
      done({ ok: true, value: secrets.get(source, key) });
    } catch (error) {
      done({ ok: false, name: 'GoError', message: (error as Error).message });
    }
  });
  return () => {
    clearImmediate(immediate);
  };
};

export const source: CallOpHandler<'secrets.source'> = (_io, name) => ({ ok: true, value: secrets.has(name) });
