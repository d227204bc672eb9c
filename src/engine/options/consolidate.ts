/** Levels → one frozen {@link Options}: precedence, execution shortcuts, defaults, validation. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { formatDuration } from './duration.ts';
import { type FeatureName, featureTags, isFeature } from './features.ts';
import type { GivenScenario } from './scenario-fields.ts';
import { resolveScenario } from './scenarios.ts';
import { DEFAULT_DNS, DEFAULT_SYSTEM_TAGS, type Layer, type OptionKey, optionTable, type OptionSpec } from './table.ts';
import type { Options, Scenario } from './types.ts';

/** As k6 names them in its warnings. */
export type LevelName = 'json' | 'script' | 'env' | 'cli';
/** From the weakest to the strongest. */
export type Levels = readonly (readonly [name: LevelName, layer: Layer])[];

export const ENGINE_K6_VERSION = '2.2.0';

const defaults = {
  setupTimeout: 60_000,
  teardownTimeout: 60_000,
  handleSummaryTimeout: 120_000,
  batch: 20,
  batchPerHost: 6,
  maxRedirects: 10,
  userAgent: `Grafana k6/${ENGINE_K6_VERSION}`,
  dns: DEFAULT_DNS,
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'],
  systemTags: DEFAULT_SYSTEM_TAGS,
} satisfies Layer;

const SHORTCUTS = ['duration', 'iterations', 'stages'] as const;

export interface Consolidated {
  readonly options: Options;
  /** What scripts see as `exec.test.options`, and `inspect` prints. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Messages for the log, level warning. */
  readonly warnings: readonly string[];
  /** Messages for the log, level error, that do not keep the test from running. */
  readonly complaints: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * @param exportedFunctions names the script exports, to check each scenario's `exec`; undefined skips the check
 * @throws EngineError (104) listing every problem at once
 */
export function consolidate(levels: Levels, exportedFunctions: ReadonlySet<string> | undefined): Consolidated {
  const warnings: string[] = [];
  const { enabled, complaints } = enabledFeatures(levels);
  const merged = mergeLevels(levels, enabled.includes('merge-run-tags'), warnings);
  const given = deriveScenarios(merged);
  const resolved = Object.entries(given)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, scenario]) => ({ name, ...resolveScenario(name, scenario) }));
  const problems = [
    ...generalProblems(merged),
    ...resolved
      .filter(({ problems: found }) => found.length > 0)
      .map(({ name, problems: found }) => `scenario ${name} has configuration errors: ${found.join(', ')}`),
  ];
  if (problems.length === 0 && exportedFunctions) {
    problems.push(
      ...resolved
        .filter(({ scenario }) => !exportedFunctions.has(scenario.exec))
        .map(({ name, scenario }) => `executor ${name}: function '${scenario.exec}' not found in exports`),
    );
  }
  if (problems.length > 0) throw configurationProblems(problems);
  const full: CompleteLayer = { ...defaults, ...merged };
  const scenarios = resolved.map(({ scenario }) => scenario).sort((a, b) => a.startTime - b.startTime);
  return {
    options: deepFreeze(toOptions(full, scenarios, enabled)),
    json: toJson({ ...full, scenarios: given }),
    warnings,
    complaints,
    outputs: merged.out ?? [],
  };
}

export function configurationProblems(problems: readonly string[]): EngineError {
  const text = ['There were problems with the specified script configuration:', ...problems.map((p) => `\t- ${p}`)];
  return new EngineError(text.join('\n'), ExitCode.invalidConfig);
}

/** The strongest level that names any decides alone which features are on. */
function enabledFeatures(levels: Levels): { readonly enabled: readonly FeatureName[]; readonly complaints: string[] } {
  const named = levels.map(([, layer]) => layer.features).findLast((names) => names !== undefined) ?? [];
  const unknown = named.filter((name) => !isFeature(name));
  return {
    enabled: [...new Set(named)].filter(isFeature),
    complaints: unknown.map((name) => `unknown feature flag ${JSON.stringify(name)} is ignored`),
  };
}

function mergeLevels(levels: Levels, mergeTags: boolean, warnings: string[]): Layer {
  let merged: Layer = {};
  for (const [name, layer] of levels) {
    checkConflicts(layer);
    const shortcut = SHORTCUTS.some((key) => layer[key] !== undefined);
    // A number of VUs alone is a shortcut too, but next to scenarios in a script or a file it means nothing.
    const vusAlone = layer.vus !== undefined && !layer.scenarios && (name === 'env' || name === 'cli');
    const overrides = merged.scenarios !== undefined && (shortcut || vusAlone);
    if (overrides) {
      warnings.push(`${JSON.stringify(name)} level configuration overrode scenarios configuration entirely`);
    }
    // How long and how much is decided as a whole by the strongest level that says anything about it.
    const decides = shortcut || overrides || layer.scenarios !== undefined;
    const tags = mergeTags && layer.tags ? { tags: { ...merged.tags, ...layer.tags } } : {};
    merged = { ...(decides ? withoutExecution(merged) : merged), ...layer, ...tags };
  }
  return merged;
}

function checkConflicts(layer: Layer): void {
  const limit = (['duration', 'iterations'] as const).find((key) => layer[key] !== undefined);
  if (limit && layer.stages && layer.stages.length > 0) {
    throw new EngineError(
      `using multiple execution config shortcuts (\`${limit}\` and \`stages\`) simultaneously is not allowed`,
      ExitCode.invalidConfig,
    );
  }
  const shortcut = SHORTCUTS.find((key) => layer[key] !== undefined);
  if (shortcut !== undefined && layer.scenarios) {
    throw new EngineError(
      `using an execution configuration shortcut (\`${shortcut}\`) simultaneously with \`scenarios\` is not allowed`,
      ExitCode.invalidConfig,
    );
  }
}

function withoutExecution(layer: Layer): Layer {
  const decided: ReadonlySet<string> = new Set([...SHORTCUTS, 'scenarios']);
  return Object.fromEntries(Object.entries(layer).filter(([key]) => !decided.has(key)));
}

function deriveScenarios(merged: Layer): Readonly<Record<string, GivenScenario>> {
  const { vus, duration, iterations, stages, scenarios } = merged;
  const own = <T>(key: string, value: T | undefined) => (value === undefined ? {} : { [key]: value });
  if (iterations !== undefined) {
    return shortcut({
      executor: 'shared-iterations',
      base: {},
      own: { ...own('vus', vus), iterations, ...own('maxDuration', duration) },
    });
  }
  if (duration !== undefined) {
    if (duration <= 0) {
      throw new EngineError(
        `\`duration\` should be more than 0, but is ${formatDuration(duration)}`,
        ExitCode.invalidConfig,
      );
    }
    return shortcut({ executor: 'constant-vus', base: {}, own: { ...own('vus', vus), duration } });
  }
  if (stages && stages.length > 0) {
    return shortcut({ executor: 'ramping-vus', base: {}, own: { ...own('startVUs', vus), stages } });
  }
  if (scenarios && Object.keys(scenarios).length > 0) return scenarios;
  if (vus !== undefined) {
    return shortcut({ executor: 'shared-iterations', base: {}, own: { vus, iterations: vus } });
  }
  return shortcut({ executor: 'per-vu-iterations', base: {}, own: {} });
}

function shortcut(scenario: GivenScenario): Readonly<Record<string, GivenScenario>> {
  return { default: scenario };
}

function generalProblems(merged: Layer): string[] {
  const problems: string[] = [];
  for (const key of ['rps', 'maxRedirects', 'batch', 'batchPerHost'] as const) {
    if ((merged[key] ?? 0) < 0) problems.push(`the option ${key} can't be negative, but is ${merged[key]}`);
  }
  for (const key of ['setupTimeout', 'teardownTimeout'] as const) {
    const timeout = merged[key] ?? 1;
    if (timeout <= 0) problems.push(`the option ${key} must be more than 0, but is ${formatDuration(timeout)}`);
  }
  for (const stat of merged.summaryTrendStats ?? []) {
    const percentile = /^p\((\d+(?:\.\d+)?)\)$/.exec(stat);
    if (['avg', 'min', 'med', 'max', 'count'].includes(stat)) continue;
    if (!percentile || Number(percentile[1]) > 100) {
      problems.push(
        `invalid value ${JSON.stringify(stat)} of summaryTrendStats: use avg, min, med, max, count or p(N) with N from 0 to 100`,
      );
    }
  }
  return problems;
}

type CompleteLayer = Layer & Required<Pick<Layer, keyof typeof defaults>>;

function toOptions(full: CompleteLayer, scenarios: readonly Scenario[], enabled: readonly FeatureName[]): Options {
  const rps = full.rps ?? 0;
  return {
    paused: full.paused ?? false,
    scenarios,
    executionSegment: full.executionSegment,
    executionSegmentSequence: full.executionSegmentSequence,
    noSetup: full.noSetup ?? false,
    setupTimeout: full.setupTimeout,
    noTeardown: full.noTeardown ?? false,
    teardownTimeout: full.teardownTimeout,
    handleSummaryTimeout: full.handleSummaryTimeout,
    rps: rps > 0 ? rps : undefined,
    dns: full.dns,
    maxRedirects: full.maxRedirects,
    userAgent: full.userAgent,
    batch: full.batch,
    batchPerHost: full.batchPerHost,
    httpDebug: httpDebugOf(full.httpDebug),
    insecureSkipTLSVerify: full.insecureSkipTLSVerify ?? false,
    tlsCipherSuites: full.tlsCipherSuites,
    tlsVersion: full.tlsVersion,
    tlsAuth: full.tlsAuth ?? [],
    throw: full.throw ?? false,
    thresholds: full.thresholds ?? {},
    blacklistIPs: full.blacklistIPs ?? [],
    blockHostnames: full.blockHostnames ?? [],
    allowHostnames: full.allowHostnames ?? [],
    hosts: full.hosts ?? {},
    noConnectionReuse: full.noConnectionReuse ?? false,
    noVUConnectionReuse: full.noVUConnectionReuse ?? false,
    minIterationDuration: full.minIterationDuration ?? 0,
    discardResponseBodies: full.discardResponseBodies ?? false,
    noCookiesReset: full.noCookiesReset ?? false,
    consoleOutput: full.consoleOutput,
    localIPs: full.localIPs,
    summaryTrendStats: full.summaryTrendStats,
    summaryTimeUnit: full.summaryTimeUnit ?? '',
    systemTags: full.systemTags,
    tags: { ...full.tags, ...featureTags(enabled) },
    features: enabled,
    linger: full.linger ?? false,
    ext: full.ext ?? {},
    cloud: full.cloud ?? {},
  };
}

function httpDebugOf(text: string | undefined): Options['httpDebug'] {
  if (text === undefined || text === '') return 'off';
  return text === 'full' ? 'full' : 'headers';
}

const SHORTCUT_KEYS: ReadonlySet<OptionKey> = new Set(['vus', ...SHORTCUTS]);

/** Every option; the shortcuts are gone, because `scenarios` says what they became. */
function toJson(full: Layer): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(layerToJson(full)).filter(([key]) => !SHORTCUT_KEYS.has(key as OptionKey)));
}

/** One level as JSON data: every option a script could set, unset ones null. */
export function layerToJson(full: Layer): Readonly<Record<string, unknown>> {
  const keys = Object.keys(optionTable) as OptionKey[];
  const shown = keys.filter((key) => !('runOnly' in optionTable[key]));
  return Object.fromEntries(
    shown.map((key) => {
      const spec: OptionSpec<unknown> = optionTable[key];
      return [key, full[key] === undefined ? null : spec.codec.show(full[key])];
    }),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
