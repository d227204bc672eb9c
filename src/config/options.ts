/**
 * How options are declared: once, in a typed table. The parser, the help, the variables GRAVL_LOAD_*, the keys of
 * gravl-load.config.ts and docs/commands.md all derive from such a table.
 */
import type { z } from 'zod';
import { LoadError } from '../errors.ts';
import { nearest } from './nearest.ts';
import { maskText } from './redact.ts';

export interface OptionSpec<T> {
  /** As commander writes it: `-e, --variable <K=V>`. */
  readonly flags: string;
  readonly help: string;
  readonly schema: z.ZodType<T>;
  /** Undefined: no default. */
  readonly fallback: T;
  /** What the help says of the default, when it is not the value itself. */
  readonly fallbackText?: string;
  readonly repeatable?: boolean;
  /** Further variables that set it, after its own GRAVL_LOAD_ one. */
  readonly variables?: readonly string[];
  /** False: only as a flag or a variable, because a file that sets it for everyone would be dangerous or absurd. */
  readonly inFile?: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a table holds options of any value type
export type OptionTable = Readonly<Record<string, OptionSpec<any>>>;

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends OptionSpec<infer V> ? V : never;
};

/** Keeps the value types of a table. */
export function option<T>(spec: OptionSpec<T>): OptionSpec<T> {
  return spec;
}

/** `--no-compare` → compare is a flag that is on by default. */
export const longName = (spec: { readonly flags: string }): string =>
  /--(?:no-)?([a-z-]+)/.exec(spec.flags)?.[1] ?? spec.flags;

export const variableOf = (key: string): string =>
  `GRAVL_LOAD_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

export interface OptionSources {
  /** What commander found: only options that were given. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
}

/** Reads every option from the first source that has it: flag, variable, file, default. Adds what is wrong. */
export function readOptions<T extends OptionTable>(
  table: T,
  sources: OptionSources,
  problems: string[],
): OptionValues<T> {
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(table)) {
    const given = find(key, spec, sources);
    if (given === undefined) {
      values[key] = spec.fallback;
      continue;
    }
    const result = spec.schema.safeParse(given.raw);
    values[key] = result.success ? result.data : spec.fallback;
    if (!result.success) {
      const [issue] = result.error.issues;
      problems.push(`${given.where}: ${issue?.message ?? 'is not valid'}, not ${quote(given.raw)}`);
    }
  }
  return values as OptionValues<T>;
}

/** Like {@link readOptions} for commands without a plan: throws one usage error with all problems. */
export function readOptionsOrThrow<T extends OptionTable>(table: T, sources: OptionSources): OptionValues<T> {
  const problems: string[] = [];
  const values = readOptions(table, sources, problems);
  throwIfAny('usage.invalid', problems);
  return values;
}

export function throwIfAny(code: 'usage.invalid' | 'config.invalid', problems: readonly string[]): void {
  if (problems.length === 0) return;
  const [first = ''] = problems;
  throw new LoadError(code, problems.length === 1 ? first : `${problems.length} problems:`, {
    problems: problems.length === 1 ? [] : problems,
  });
}

/** Warns of GRAVL_LOAD_* variables that no option reads: they are most likely misspelt. */
export function unknownVariables(tables: readonly OptionTable[], env: OptionSources['env']): string[] {
  const known = new Set(tables.flatMap((table) => Object.keys(table).map(variableOf)));
  return Object.keys(env)
    .filter((name) => name.startsWith('GRAVL_LOAD_') && !known.has(name))
    .map((name) => {
      const near = nearest(name, known);
      return `${name}: unknown variable${near === undefined ? '' : `; did you mean ${near}?`}`;
    });
}

function find(
  key: string,
  spec: OptionSpec<unknown>,
  sources: OptionSources,
): { raw: unknown; where: string } | undefined {
  const flag = sources.flags[key];
  if (flag !== undefined) return { raw: flag, where: `--${longName(spec)}` };
  for (const name of [variableOf(key), ...(spec.variables ?? [])]) {
    const raw = sources.env[name];
    if (raw !== undefined && raw !== '') return { raw, where: name };
  }
  const raw = spec.inFile === false ? undefined : sources.file?.values[key];
  return raw === undefined ? undefined : { raw, where: `${sources.file?.path ?? ''}: ${key}` };
}

const quote = (raw: unknown): string => maskText(typeof raw === 'string' ? `"${raw}"` : JSON.stringify(raw));
