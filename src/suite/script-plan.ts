/**
 * What a script must know to run, as one JSON text: `gravl-load run` makes it from its plan and hands it over as
 * `GRAVL_LOAD_PLAN`, to every engine alike. Without it (`k6 run dist/k6/load.js`) the script makes its own from
 * GRAVL_API_URL, GRAVL_METRICS_URL, GRAVL_PROFILE, GRAVL_SCENARIOS and GRAVL_ENV.
 */
import type { Options } from 'k6/options';
import { thresholdsFor, type ThresholdSet } from '../../thresholds/index.ts';
import { endpointsOf } from './endpoints.ts';
import { isOpenModel, toScenario } from './load.ts';
import { metadataNames, metadataRanges } from './metadata.ts';
import { profiles, type Load } from './profiles.ts';

export interface ScriptPlan {
  readonly apiUrl: string;
  /** Null when the environment has no metrics endpoint that can be reached. */
  readonly metricsUrl: string | null;
  /** Scenarios that take turns, in this order. */
  readonly scenarios: readonly string[];
  readonly thinkSeconds: number;
  readonly options: Options;
  /** The only hosts that may be reached, as the embedded engine's option allowHostnames; none: every host. */
  readonly allowHostnames: readonly string[];
  /** Where handleSummary writes the summary data: a file, or `stderr`; null prints a text summary instead. */
  readonly summaryFile: string | null;
}

/** Trend statistics every run gives: the record and the thresholds need them. */
export const summaryTrendStats = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'];

const allScenarios = ['health', 'exercises', 'metrics', 'journey'];

export interface OptionsInput {
  /** Hosts, names and addresses, that no request may reach. */
  readonly forbidden?: readonly string[];
  /** Most requests per second; null or undefined for no limit. */
  readonly maxRps?: number | null;
  readonly profile: string;
  readonly load: Load;
  readonly abortOnFail: boolean;
  readonly environment: string;
  readonly scenarios: readonly string[];
  readonly thresholds?: ThresholdSet;
  readonly tags?: Readonly<Record<string, string>>;
}

/** k6 options of a run. */
export function scriptOptions(input: OptionsInput): Options {
  const thresholds = thresholdsFor(input.environment, endpointsOf(input.scenarios), input.thresholds);
  const isAddress = (host: string): boolean => host.includes(':') || /^[\d.]+$/.test(host);
  const addresses = (input.forbidden ?? []).filter(isAddress);
  const names = (input.forbidden ?? []).filter((host) => !isAddress(host));
  return {
    scenarios: { [input.profile]: toScenario(input.load) },
    thresholds: Object.fromEntries(
      Object.entries(thresholds).map(([metric, expressions]) => [
        metric,
        input.abortOnFail
          ? expressions.map((threshold) => ({ threshold, abortOnFail: true, delayAbortEval: '10s' }))
          : [...expressions],
      ]),
    ),
    summaryTrendStats,
    tags: { ...input.tags },
    userAgent: 'gravl-load',
    setupTimeout: '30s',
    blacklistIPs: [...metadataRanges, ...addresses.map((ip) => `${ip}/${ip.includes(':') ? 128 : 32}`)],
    blockHostnames: [...metadataNames, ...names],
    ...(input.maxRps == null ? {} : { rps: input.maxRps }),
  };
}

/** The plan the script was given, or the one it makes for itself from the environment. */
export function readScriptPlan(env: Readonly<Record<string, string | undefined>>): ScriptPlan {
  const given = env['GRAVL_LOAD_PLAN'];
  if (given !== undefined) return JSON.parse(given) as ScriptPlan;

  const name = env['GRAVL_PROFILE'] ?? 'baseline';
  const profile = profiles[name];
  if (profile === undefined) {
    throw new Error(`GRAVL_PROFILE: unknown profile "${name}"; known: ${Object.keys(profiles).join(', ')}`);
  }
  const metricsUrl = env['GRAVL_METRICS_URL'] ?? null;
  const wanted = env['GRAVL_SCENARIOS']?.split(',') ?? profile.scenarios ?? allScenarios;
  const scenarios = wanted.filter((scenario) => scenario !== 'metrics' || metricsUrl !== null);
  return {
    apiUrl: env['GRAVL_API_URL'] ?? 'http://localhost:3000',
    metricsUrl,
    scenarios,
    thinkSeconds: isOpenModel(profile.load) ? 0 : profile.think,
    options: scriptOptions({
      profile: name,
      load: profile.load,
      abortOnFail: profile.abortOnFail ?? false,
      environment: env['GRAVL_ENV'] ?? 'local',
      scenarios,
    }),
    allowHostnames: [],
    summaryFile: null,
  };
}
