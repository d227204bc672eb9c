/** The sources of k6/secrets, and the redaction of what scripts have taken from them. */
import { setMaxListeners } from 'node:events';
import type { AsyncOpHandler, CallOpHandler, Outcome } from '../contracts/host.ts';
import { openSources, type Source } from './secret-sources/index.ts';

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

/** The sources of one run on one thread. */
export class Secrets {
  #sources = new Map<string, Source>();
  #default: Source | undefined;
  #closing = new AbortController();
  /** Longest first, so that a secret inside of another one leaves no rest. */
  #taken: string[] = [];

  /**
   * @param specs values of `--secret-source`
   * @param folder relative file names start here
   * @throws EngineError (104) for what is not a source
   */
  configure(specs: readonly string[], folder: string, env: Readonly<Record<string, string | undefined>>): void {
    this.close();
    this.#closing = new AbortController();
    // Every request that is under way listens.
    setMaxListeners(0, this.#closing.signal);
    const { byName, first } = openSources(specs, { folder, env, closed: this.#closing.signal });
    this.#sources = byName;
    this.#default = first;
    this.#taken = [];
  }

  /** Ends what is still being asked for, which would keep the process alive. What was taken stays redacted. */
  close(): void {
    this.#closing.abort();
  }

  has(name: string): boolean {
    return this.#sources.has(name);
  }

  /**
   * @returns a promise if the source has to ask others
   * @throws Error (also by its promise) that names what is missing
   */
  get(name: string | undefined, key: string): string | Promise<string> {
    const source = name === undefined ? this.#default : this.#sources.get(name);
    if (source === undefined) {
      throw new Error(
        name === undefined ? 'no default secret source is configured' : `no secret source with name "${name}"`,
      );
    }
    const value = source.get(key);
    if (value === undefined) throw new Error(`no secret with key "${key}" in the source "${source.name}"`);
    return typeof value === 'string' ? this.#take(value) : value.then((text) => this.#take(text));
  }

  #take(value: string): string {
    // A service's answer often ends with a line feed, which scripts trim.
    for (const text of new Set([value, value.trim()])) {
      if (text === '' || this.#taken.includes(text)) continue;
      this.#taken.push(text);
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

async function outcomeOf(source: string | undefined, key: string): Promise<Outcome<string>> {
  try {
    return { ok: true, value: await secrets.get(source, key) };
  } catch (error) {
    return { ok: false, name: 'GoError', message: (error as Error).message };
  }
}

export const get: AsyncOpHandler<'secrets.get'> = (_io, { source, key }, done) => {
  let wanted = true;
  void outcomeOf(source, key).then((outcome) => {
    // Not here: what the script throws would become a rejection of this promise.
    setImmediate(() => {
      if (wanted) done(outcome);
    });
  });
  return () => {
    wanted = false;
  };
};

export const source: CallOpHandler<'secrets.source'> = (_io, name) => ({ ok: true, value: secrets.has(name) });
