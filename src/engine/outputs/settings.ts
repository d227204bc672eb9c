import { readFileSync } from 'node:fs';
import { EngineError, ExitCode } from '../contracts/errors.ts';

/** Reads K6_* variables; a value that cannot be read names its variable and what is expected. */
export class EnvSettings {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #prefix: string;

  /** @param prefix of all names, such as `K6_PROMETHEUS_RW_` */
  constructor(env: Readonly<Record<string, string | undefined>>, prefix: string) {
    this.#env = env;
    this.#prefix = prefix;
  }

  text(name: string): string | undefined {
    const value = this.#env[this.#prefix + name];
    return value === undefined || value === '' ? undefined : value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (['1', 't', 'true'].includes(value)) return true;
    if (['0', 'f', 'false'].includes(value)) return false;
    throw this.invalid(name, value, 'true or false');
  }

  /** @returns milliseconds */
  duration(name: string, fallback: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
    const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    const matched = parts.map(([part]) => part).join('');
    const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
    if (matched !== value || total <= 0) throw this.invalid(name, value, "a duration such as '5s'");
    return total;
  }

  /** `key=value,key=value` (or another character between key and value). */
  pairs(name: string, between: '=' | ':'): [key: string, value: string][] {
    const value = this.text(name);
    if (value === undefined) return [];
    return value.split(',').map((part): [string, string] => {
      const at = part.indexOf(between);
      if (at <= 0) throw this.invalid(name, value, `key${between}value pairs with commas between them`);
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
  }

  /** Variables that begin with the prefix and this name: what follows it, and the value. */
  startingWith(name: string): [rest: string, value: string][] {
    const start = this.#prefix + name;
    return Object.entries(this.#env).flatMap(([key, value]): [string, string][] =>
      key.startsWith(start) && value !== undefined ? [[key.slice(start.length), value]] : [],
    );
  }

  /** What is in the file that the variable names. */
  file(name: string): Buffer | undefined {
    const path = this.text(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new EngineError(`cannot read ${this.#prefix}${name}: ${reason}`, ExitCode.invalidConfig, { cause: error });
    }
  }

  invalid(name: string, value: string, expected: string): EngineError {
    return new EngineError(
      `invalid ${this.#prefix}${name}: ${JSON.stringify(value)}; expected ${expected}`,
      ExitCode.invalidConfig,
    );
  }
}
