/** Command-line grammar of k6 (Go's pflag): long and short flags, attached values, clusters, anywhere in the line. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { FlagSpec } from '../options/table.ts';

export interface ParsedArguments {
  readonly positional: readonly string[];
  /** Flag name → values in order; a switch has `true` or what follows its `=`. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
}

/** @throws EngineError (255) in pflag's words */
export function parseArguments(args: readonly string[], specs: readonly FlagSpec[]): ParsedArguments {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const byShort = new Map(specs.flatMap((spec) => (spec.short ? [[spec.short, spec] as const] : [])));
  const positional: string[] = [];
  const flags: Record<string, string[]> = {};
  const rest = [...args];
  const set = (spec: FlagSpec, value: string): void => void (flags[spec.name] ??= []).push(value);

  const long = (text: string): void => {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const spec = byName.get(name);
    if (!spec) throw usage(`unknown flag: --${name}`, GONE[name] ?? meant(name, byName.keys()));
    if (equals >= 0) set(spec, text.slice(equals + 1));
    else set(spec, bareValue(spec) ?? needed(rest.shift(), `--${name}`));
  };

  const short = (cluster: string): void => {
    for (let at = 0; at < cluster.length; at++) {
      const letter = cluster[at] ?? '';
      const spec = byShort.get(letter);
      if (!spec) throw usage(`unknown shorthand flag: '${letter}' in -${cluster}`);
      const attached = cluster.slice(at + 1);
      const bare = bareValue(spec);
      if (attached.startsWith('=')) {
        set(spec, attached.slice(1));
        return;
      }
      if (bare === undefined) {
        set(spec, attached || needed(rest.shift(), `'${letter}' in -${cluster}`));
        return;
      }
      set(spec, bare);
    }
  };

  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      positional.push(...rest.splice(0));
    } else if (arg.startsWith('--')) long(arg.slice(2));
    else if (arg.startsWith('-') && arg !== '-') short(arg.slice(1));
    else positional.push(arg);
  }
  return { positional, flags };
}

/** The value of a flag that is given without one; undefined when it needs one. */
function bareValue(spec: FlagSpec): string | undefined {
  return spec.bare ?? (spec.arg === undefined ? 'true' : undefined);
}

function needed(value: string | undefined, flag: string): string {
  if (value === undefined) throw usage(`flag needs an argument: ${flag}`);
  return value;
}

/** Flags k6 had before its version 2, and what to use now. */
const GONE: Readonly<Record<string, string>> = {
  'no-summary': 'use --summary-mode=disabled',
  'upload-only': 'nothing is uploaded here',
};

function usage(message: string, hint?: string): EngineError {
  return new EngineError(message, ExitCode.generic, hint === undefined ? {} : { hint });
}

function meant(name: string, known: Iterable<string>): string | undefined {
  const near = nearest(name, known);
  return near === undefined ? undefined : `did you mean --${near}?`;
}

/** The word of those known that was probably meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const ranked = [...known].map((other) => [distance(name, other), other] as const).sort(([a], [b]) => a - b);
  const [best] = ranked;
  return best && best[0] <= Math.max(1, Math.floor(name.length / 3)) ? best[1] : undefined;
}

/** Edit distance. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
