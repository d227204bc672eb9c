/** What only flags and K6_* variables set: how a test is loaded, watched and reported. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { bool, type Codec, DecodeError, int, pair, str, word } from './decode.ts';
import type { FlagValues } from './layers.ts';
import type { FlagSpec } from './table.ts';
import type { RuntimeConfig } from './types.ts';

export interface RuntimeSpec<T> {
  readonly codec: Codec<T>;
  readonly env?: string;
  readonly flag: FlagSpec;
  readonly fallback: T;
  /** `global` flags belong to every command, `load` flags to those that load a script, `run` flags to run. */
  readonly scope: 'global' | 'load' | 'run';
  /** How it is not as in k6; docs/engine-compatibility.md tells. */
  readonly differs?: string;
  /** k6 has no such flag. */
  readonly ours?: true;
}

const oneOf = <const T extends string>(name: string, words: readonly T[]): Codec<T> =>
  word(
    words,
    (text) => `invalid ${name} ${JSON.stringify(text)}. Use: ${words.map((w) => JSON.stringify(w)).join(', ')}`,
  );

const texts: Codec<readonly string[]> = {
  json: () => [],
  text: (text) => (text === '' ? [] : [text]),
  show: (value) => value,
};

export const runtimeTable = {
  env: {
    codec: texts,
    flag: { name: 'env', short: 'e', arg: 'VAR=value', help: 'add or override an environment variable', repeat: true },
    fallback: [] as readonly string[],
    scope: 'load',
  },
  includeSystemEnvVars: {
    codec: bool,
    env: 'K6_INCLUDE_SYSTEM_ENV_VARS',
    flag: { name: 'include-system-env-vars', help: 'pass the real system environment variables to the script' },
    fallback: undefined as boolean | undefined,
    scope: 'load',
  },
  compatibilityMode: {
    codec: oneOf('compatibility mode', ['base', 'extended', 'experimental_enhanced']),
    env: 'K6_COMPATIBILITY_MODE',
    flag: { name: 'compatibility-mode', arg: 'mode', help: 'JavaScript compatibility mode, "extended" or "base"' },
    fallback: 'extended',
    scope: 'load',
    differs: 'without effect: every script gets the extended mode',
  },
  scriptType: {
    codec: oneOf('test type', ['js', 'archive']),
    env: 'K6_TYPE',
    flag: { name: 'type', short: 't', arg: 'type', help: 'override the detected test type: "js" or "archive"' },
    fallback: undefined as RuntimeConfig['scriptType'],
    scope: 'load',
  },
  noThresholds: {
    codec: bool,
    env: 'K6_NO_THRESHOLDS',
    flag: { name: 'no-thresholds', help: "don't run thresholds" },
    fallback: false,
    scope: 'run',
  },
  summaryMode: {
    codec: oneOf('summary mode', ['compact', 'full', 'disabled']),
    env: 'K6_SUMMARY_MODE',
    flag: { name: 'summary-mode', arg: 'mode', help: 'summary at the end: "compact", "full" or "disabled"' },
    fallback: 'compact',
    scope: 'run',
  },
  summaryExport: {
    codec: str,
    env: 'K6_SUMMARY_EXPORT',
    flag: { name: 'summary-export', arg: 'file', help: 'write the end-of-test summary to a JSON file' },
    fallback: undefined as string | undefined,
    scope: 'run',
  },
  machineReadableSummary: {
    codec: bool,
    env: 'K6_NEW_MACHINE_READABLE_SUMMARY',
    flag: { name: 'new-machine-readable-summary', help: 'use the documented schema for machine-readable summaries' },
    fallback: false,
    scope: 'run',
  },
  secretSources: {
    codec: texts,
    env: 'K6_SECRET_SOURCE',
    flag: {
      name: 'secret-source',
      arg: 'source',
      help: 'secret source, as `file=path`, `mock=key=value` or `url=urlTemplate=https://host/{key}`',
      repeat: true,
    },
    fallback: [] as readonly string[],
    scope: 'load',
    differs: 'file, mock and url; other kinds are refused',
  },
  tracesOutput: {
    codec: word(
      ['none'],
      (text) => `the traces output ${JSON.stringify(text)} is not supported: no traces are made, use none`,
    ),
    env: 'K6_TRACES_OUTPUT',
    flag: { name: 'traces-output', arg: 'output', help: 'where traces go: only none is supported' },
    fallback: 'none',
    scope: 'run',
    differs: 'only none; otel is refused',
  },
  threads: {
    codec: int,
    env: 'GRAVL_K6_THREADS',
    flag: { name: 'threads', arg: 'int', help: 'engine threads (default: one, more when the load asks for it)' },
    fallback: undefined as number | undefined,
    scope: 'run',
    ours: true,
  },
  strategy: {
    codec: oneOf('strategy', ['auto', 'fast', 'exact']),
    env: 'GRAVL_K6_STRATEGY',
    flag: { name: 'strategy', arg: 'name', help: 'how blocking calls are run: "auto", "fast" or "exact"' },
    fallback: 'auto',
    scope: 'load',
    ours: true,
  },
  noRemote: {
    codec: bool,
    env: 'GRAVL_K6_NO_REMOTE',
    flag: { name: 'no-remote', help: 'refuse to fetch modules from the network' },
    fallback: false,
    scope: 'load',
    ours: true,
  },
  allowRead: {
    codec: texts,
    env: 'GRAVL_K6_ALLOW_READ',
    flag: { name: 'allow-read', arg: 'folder', help: 'let open() read below this folder too', repeat: true },
    fallback: [] as readonly string[],
    scope: 'load',
    ours: true,
  },
  inspectPort: {
    codec: str,
    flag: { name: 'inspect', arg: 'host:port', bare: '127.0.0.1:9229', help: 'let a debugger attach to the script' },
    fallback: undefined as string | undefined,
    scope: 'run',
    ours: true,
  },
  inspectBreak: {
    codec: str,
    flag: {
      name: 'inspect-brk',
      arg: 'host:port',
      bare: '127.0.0.1:9229',
      help: 'wait for a debugger, break at the start',
    },
    fallback: undefined as string | undefined,
    scope: 'run',
    ours: true,
  },
  address: {
    codec: str,
    env: 'K6_ADDRESS',
    flag: { name: 'address', short: 'a', arg: 'host:port', help: 'address of the REST API server (off by default)' },
    fallback: undefined as string | undefined,
    scope: 'global',
    differs: 'the API cannot pause a running test',
  },
  configFile: {
    codec: str,
    env: 'K6_CONFIG',
    flag: { name: 'config', short: 'c', arg: 'file', help: 'JSON configuration file' },
    fallback: undefined as string | undefined,
    scope: 'global',
  },
  logFormat: {
    codec: str,
    env: 'K6_LOG_FORMAT',
    flag: { name: 'log-format', short: 'f', arg: 'format', help: 'log format: text, json, logfmt or raw' },
    fallback: '',
    scope: 'global',
  },
  logOutput: {
    codec: str,
    env: 'K6_LOG_OUTPUT',
    flag: { name: 'log-output', arg: 'output', help: 'where logs go: stderr, stdout, none or file=path[,level=…]' },
    fallback: 'stderr',
    scope: 'global',
    differs: 'loki is refused',
  },
  noColor: {
    // As https://no-color.org has it: whatever the variable holds.
    codec: { ...bool, text: (text) => !/^(0|f|false)$/i.test(text) },
    env: 'K6_NO_COLOR',
    flag: { name: 'no-color', help: 'disable colored output' },
    fallback: false,
    scope: 'global',
  },
  profilingEnabled: {
    codec: bool,
    env: 'K6_PROFILING_ENABLED',
    flag: { name: 'profiling-enabled', help: 'accepted for compatibility; use node --cpu-prof' },
    fallback: false,
    scope: 'global',
    differs: 'without effect, with a warning',
  },
  quiet: {
    codec: bool,
    flag: { name: 'quiet', short: 'q', help: 'disable progress updates' },
    fallback: false,
    scope: 'global',
  },
  verbose: {
    codec: bool,
    flag: { name: 'verbose', short: 'v', help: 'enable verbose logging' },
    fallback: false,
    scope: 'global',
  },
} as const satisfies Record<string, RuntimeSpec<unknown>>;

type Table = typeof runtimeTable;
export type RuntimeKey = keyof Table;
type Widened<T> = T extends boolean ? boolean : T;
export type RuntimeSettings = { readonly [K in RuntimeKey]: Widened<Table[K]['fallback']> };

/** @throws EngineError in k6's words */
export function readRuntime(flags: FlagValues, env: Readonly<Record<string, string | undefined>>): RuntimeSettings {
  const entries = Object.entries(runtimeTable) as readonly (readonly [RuntimeKey, RuntimeSpec<unknown>])[];
  return Object.fromEntries(
    entries.map(([key, spec]) => [key, readOne(spec, flags, env)]),
  ) as unknown as RuntimeSettings;
}

function readOne(spec: RuntimeSpec<unknown>, flags: FlagValues, env: Readonly<Record<string, string | undefined>>) {
  const given = flags[spec.flag.name];
  const fromEnv = spec.env === undefined ? undefined : env[spec.env];
  try {
    if (spec.flag.repeat) return given ?? (fromEnv ? [fromEnv] : spec.fallback);
    const text = given?.at(-1) ?? (fromEnv === '' ? undefined : fromEnv);
    return text === undefined ? spec.fallback : spec.codec.text?.(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const where = given ? `"--${spec.flag.name}" flag` : `environment variable ${spec.env ?? ''}`;
    throw new EngineError(
      `invalid argument ${JSON.stringify(given?.at(-1) ?? fromEnv)} for ${where}: ${error.message}`,
      given ? ExitCode.generic : ExitCode.invalidConfig,
    );
  }
}

/**
 * @param defaultSystemEnv whether the command passes the system's variables on when nobody says so: run does, archive
 *   and inspect do not
 */
export function toRuntimeConfig(
  settings: RuntimeSettings,
  env: Readonly<Record<string, string | undefined>>,
  defaultSystemEnv: boolean,
): RuntimeConfig {
  const system = (settings.includeSystemEnvVars ?? defaultSystemEnv) ? defined(env) : {};
  if (settings.threads !== undefined && settings.threads < 1) {
    throw new EngineError(
      `invalid number of threads ${settings.threads}: it has to be 1 or more`,
      ExitCode.invalidConfig,
    );
  }
  return {
    env: { ...system, ...Object.fromEntries(settings.env.map((text) => readVariable(text, env))) },
    compatibilityMode: settings.compatibilityMode,
    scriptType: settings.scriptType,
    noThresholds: settings.noThresholds,
    summaryMode: settings.summaryMode,
    summaryExport: settings.summaryExport,
    machineReadableSummary: settings.machineReadableSummary,
    secretSources: settings.secretSources,
    quiet: settings.quiet,
    noColor: settings.noColor,
    verbose: settings.verbose,
    logFormat: settings.logFormat,
    logOutput: settings.logOutput,
    address: settings.address,
    threads: settings.threads,
    strategy: settings.strategy,
    noRemote: settings.noRemote,
    allowRead: settings.allowRead,
  };
}

/** `NAME=value`, or `NAME` for the system's value. */
function readVariable(text: string, env: Readonly<Record<string, string | undefined>>): readonly [string, string] {
  const name = text.includes('=') ? pair(text)[0] : text;
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
    throw new EngineError(`invalid environment variable name '${name}'`, ExitCode.invalidConfig);
  }
  return text.includes('=') ? pair(text) : [name, env[name] ?? ''];
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
