/** One validated, frozen plan out of flags, variables, the config file and defaults; inner code sees nothing else. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { LoadError } from '../errors.ts';
import { isOpenModel, loadDurationMs, overrideLoad, usersFor } from '../suite/load.ts';
import { profiles as builtinProfiles, type Load, type Profile } from '../suite/profiles.ts';
import { environments as builtinEnvironments, type Environment } from './environments.ts';
import { findUp, loadConfigFile } from './file.ts';
import { hostOf, namedHosts, reachOf, refuseHost, type Reach } from './hosts.ts';
import { unknownName } from './nearest.ts';
import { packageRoot } from './package.ts';
import { readOptions, throwIfAny, type OptionSources, type OptionValues } from './options.ts';
import { engines, runOptions } from './run-options.ts';
import { readToken, tokenVariable } from './secrets.ts';

export type EngineName = Exclude<(typeof engines)[number], 'auto'>;

export interface Plan {
  readonly env: string;
  readonly profile: string;
  readonly purpose: string;
  readonly scenarios: readonly string[];
  /** The scenarios were named, not taken from the profile: none of them may be left out. */
  readonly scenariosNamed: boolean;
  readonly engine: EngineName | 'auto';
  readonly load: Load;
  /** How long the load lasts at most, in milliseconds, without the graceful stop. */
  readonly durationMs: number;
  readonly thinkSeconds: number;
  readonly abortOnFail: boolean;
  /** Thresholds of gravl-load.config.ts, over those of thresholds/. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  /** Thresholds on the target's own metrics, by name: `growth<0.2`, `max<500000000`. */
  readonly serverThresholds: Readonly<Record<string, readonly string[]>>;
  /** Length of the sliding windows in which thresholds must hold, too; null: only over the whole run. */
  readonly windowSeconds: number | null;
  readonly target: {
    /** Null: the run starts the stand-in target and stops it at the end. */
    readonly baseUrl: string | null;
    readonly metricsUrl: string | null;
    readonly metrics: Environment['metrics'];
  };
  /** What the environment allows at most; null for no limit. */
  readonly caps: Pick<Environment, 'maxVus' | 'maxRate' | 'maxRps'>;
  /** Hosts the environment names; this machine itself is always allowed. */
  readonly hosts: readonly string[];
  /** The same for the engine: where a script, a redirection or a look-up may lead. */
  readonly reach: Reach;
  /** Variable or file with the token that requests carry; null for none. Never the token itself. */
  readonly tokenFrom: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly docker: { readonly image: string; readonly network: string };
  /** Where and how --engine operator runs; the context is null when none was named. */
  readonly operator: {
    readonly context: string | null;
    readonly kubeconfig: string | null;
    readonly namespace: string;
    readonly parallelism: number;
    readonly image: string;
    readonly output: 'json' | 'record';
    readonly secret: string | null;
    readonly startTimeoutMs: number;
  };
  /** Absolute folder with scenarios/. */
  readonly projectDir: string;
  /** Absolute folder of runs and baselines. */
  readonly resultsDir: string;
  readonly saveBaseline: boolean;
  readonly compare: boolean;
  /** How the comparison with the baseline is made and judged. */
  readonly comparison: {
    readonly strict: boolean;
    readonly repeat: number;
    readonly confirm: boolean;
    /** Smallest change that matters: relative, and in milliseconds for times. */
    readonly minEffect: number;
    readonly minEffectMs: number;
  };
  readonly output: {
    readonly json: boolean;
    readonly quiet: boolean;
    readonly debug: boolean;
    /** Port of the live page, 0 for any; null: no live page. */
    readonly uiPort: number | null;
  };
  readonly dryRun: boolean;
}

export interface PlanInput {
  readonly flags: OptionSources['flags'];
  readonly env: OptionSources['env'];
  readonly cwd: string;
}

/** @throws LoadError config.invalid with every problem at once, plan.refused when the environment forbids the plan */
export async function makePlan(input: PlanInput): Promise<Plan> {
  const problems: string[] = [];
  const file = await loadConfigFile(input.cwd, problems);
  const sources: OptionSources = {
    flags: input.flags,
    env: input.env,
    ...(file === undefined ? {} : { file: { path: file.path, values: file.options } }),
  };
  const values = readOptions(runOptions, sources, problems);

  const environments = merge(builtinEnvironments, file?.environments ?? {}, builtinEnvironments['local']);
  const profiles: Readonly<Record<string, Profile>> = { ...builtinProfiles, ...file?.profiles };
  const projectDir = findProject(input.cwd);
  const known = scenarioNames(projectDir);

  const environment = named('environment', values.env, environments, problems);
  const profile = named('profile', values.profile, profiles, problems);
  const engine = [...engines].find((name) => name === values.engine);
  if (engine === undefined) problems.push(unknownName('engine', values.engine, engines));
  problems.push(...conflicts(values));

  const scenarios = chooseScenarios(values.scenario, profile, known, problems);
  if (environment === undefined || profile === undefined || engine === undefined || problems.length > 0) {
    throwIfAny('config.invalid', problems);
    throw new Error('unreachable: an incomplete plan without a problem');
  }

  const asked = overrideLoad(profile.load, {
    vus: values.vus,
    durationMs: values.duration,
    rate: values.rate,
    iterations: values.iterations,
  });
  const load = withinUsers(asked, environment.maxVus);
  const baseUrl = values.baseUrl ?? environment.baseUrl;
  const metricsUrl = values.metricsUrl ?? environment.metricsUrl;
  const usable = usableScenarios(scenarios, values.scenario !== undefined, baseUrl, metricsUrl);
  const plan: Plan = {
    env: values.env,
    profile: values.profile,
    purpose: profile.purpose,
    scenarios: usable,
    scenariosNamed: values.scenario !== undefined,
    engine,
    load,
    durationMs: loadDurationMs(load),
    thinkSeconds: isOpenModel(load) ? 0 : profile.think,
    abortOnFail: profile.abortOnFail ?? false,
    thresholds: file?.thresholds ?? {},
    serverThresholds: file?.serverThresholds ?? {},
    windowSeconds: values.window === undefined ? null : Math.max(1, Math.round(values.window / 1000)),
    target: { baseUrl, metricsUrl, metrics: environment.metrics },
    caps: { maxVus: environment.maxVus, maxRate: environment.maxRate, maxRps: environment.maxRps },
    hosts: namedHosts(environment),
    reach: reachOf(
      values.env,
      environments,
      [baseUrl, metricsUrl].filter((url) => url !== null),
    ),
    tokenFrom: tokenSource(values.tokenFile, input),
    tags: values.tag,
    variables: values.variable,
    docker: { image: values.dockerImage, network: values.dockerNetwork },
    operator: {
      context: values.context ?? null,
      kubeconfig: values.kubeconfig === undefined ? null : path.resolve(input.cwd, values.kubeconfig),
      namespace: values.namespace,
      parallelism: values.parallelism,
      image: values.runnerImage,
      output: values.runnerOutput as Plan['operator']['output'],
      secret: values.runnerSecret ?? null,
      startTimeoutMs: values.startTimeout,
    },
    projectDir,
    resultsDir: path.resolve(projectDir === packageRoot ? input.cwd : projectDir, values.results),
    saveBaseline: values.saveBaseline,
    compare: values.compare,
    comparison: {
      strict: values.strict,
      repeat: values.repeat,
      confirm: values.confirm,
      minEffect: values.minEffect,
      minEffectMs: values.minEffectMs,
    },
    output: {
      json: values.json,
      quiet: values.quiet,
      debug: values.debug,
      uiPort: values.ui ? values.uiPort : null,
    },
    dryRun: values.dryRun,
  };
  for (const url of [baseUrl, metricsUrl]) if (url !== null) refuseForeignHost(url, values.env, environments);
  if (engine === 'operator') refuseWhatAClusterCannotDo(plan);
  refuseWhatTheEnvironmentForbids(plan, environment, values.yes);
  return deepFreeze(plan);
}

/** Names that --scenario takes: the files of scenarios/, without the script that holds them together. */
export function scenarioNames(projectDir: string): string[] {
  return readdirSync(path.join(projectDir, 'scenarios'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .filter((name) => name !== 'load')
    .sort();
}

/** The folder with scenarios/ in or above `cwd`; the package's own when there is none. */
export function findProject(cwd: string): string {
  const script = findUp(cwd, [path.join('scenarios', 'load.ts')]);
  return script === undefined ? packageRoot : path.dirname(path.dirname(script));
}

function named<T>(kind: string, name: string, all: Readonly<Record<string, T>>, problems: string[]): T | undefined {
  if (Object.hasOwn(all, name)) return all[name];
  problems.push(unknownName(kind, name, Object.keys(all)));
  return undefined;
}

function chooseScenarios(
  given: readonly string[] | undefined,
  profile: Profile | undefined,
  known: readonly string[],
  problems: string[],
): readonly string[] {
  const wanted = given === undefined ? ownScenarios(profile, known) : given.includes('all') ? known : given;
  for (const name of wanted) if (!known.includes(name)) problems.push(unknownName('scenario', name, known));
  return [...new Set(wanted)];
}

/** The profile's; a project with other scenarios than Gravl's runs all of its own in the profiles that come with us. */
function ownScenarios(profile: Profile | undefined, known: readonly string[]): readonly string[] {
  const wanted = profile?.scenarios ?? known;
  const builtin = profile !== undefined && Object.values(builtinProfiles).includes(profile);
  return builtin && !wanted.every((name) => known.includes(name)) ? known : wanted;
}

/** Without a metrics address the metrics scenario is left out, unless it was asked for by name. */
function usableScenarios(
  scenarios: readonly string[],
  byName: boolean,
  baseUrl: string | null,
  metricsUrl: string | null,
): readonly string[] {
  if (metricsUrl !== null || baseUrl === null || !scenarios.includes('metrics')) return scenarios;
  const rest = scenarios.filter((name) => name !== 'metrics');
  if (rest.length > 0 && !byName) return rest;
  throw new LoadError('config.invalid', 'the scenario "metrics" needs the address of the metrics endpoint', {
    hint: 'Give it with --metrics-url or GRAVL_METRICS_URL, or leave the scenario out.',
  });
}

/** What an engine takes as its own options, and the plan itself: they would change the load behind the plan's back. */
const engineVariable = /^(?:K6_|GRAVL_K6_|GRAVL_LOAD_)/i;

function conflicts(values: OptionValues<typeof runOptions>): string[] {
  const problems: string[] = [];
  if (values.rate !== undefined && values.iterations !== undefined) {
    problems.push('--rate and --iterations exclude each other: give a rate with a duration, or a number of iterations');
  }
  for (const name of Object.keys(values.variable).filter((given) => engineVariable.test(given))) {
    problems.push(`--variable: ${name} belongs to the engine, not to the scenarios: the options say what load is sent`);
  }
  if (values.uiPort !== 0 && !values.ui) problems.push('--ui-port is the port of the live page: give --ui, too');
  return problems;
}

function refuseWhatAClusterCannotDo({ env, target, operator, dryRun }: Plan): void {
  if (target.baseUrl === null) {
    throw new LoadError('config.invalid', `pods of a cluster cannot reach the stand-in target of "${env}"`, {
      hint: 'Name an environment with an address (--env staging), or give one with --base-url.',
    });
  }
  if (operator.context === null && !dryRun) {
    throw new LoadError('config.invalid', '--engine operator needs --context: the cluster that the load comes from', {
      hint: 'kubectl config get-contexts shows them; --dry-run shows what would be applied.',
    });
  }
}

function refuseWhatTheEnvironmentForbids(plan: Plan, environment: Environment, yes: boolean): void {
  const allowed = environment.profiles;
  if (allowed !== null && !allowed.includes(plan.profile)) {
    throw new LoadError('plan.refused', `the profile "${plan.profile}" is not allowed on ${plan.env}`, {
      hint: `Allowed: ${allowed.join(', ')}. environments.${plan.env}.profiles in gravl-load.config.ts says otherwise.`,
    });
  }
  const { load } = plan;
  const users = isOpenModel(load)
    ? (('maxVUs' in load ? load.maxVUs : undefined) ?? 0)
    : 'vus' in load
      ? load.vus
      : peakOf(load);
  const asked = [
    [users, 'users', 'maxVus'],
    [isOpenModel(load) ? peakOf(load) : 0, 'iterations/s', 'maxRate'],
  ] as const;
  for (const [much, what, key] of asked) {
    const limit = environment[key];
    if (limit === null || much <= limit) continue;
    throw new LoadError('plan.refused', `${much} ${what} are more than ${plan.env} allows (${limit})`, {
      hint: `environments.${plan.env}.${key} in gravl-load.config.ts says how much is allowed.`,
    });
  }
  if (environment.confirm && !yes && !plan.dryRun) {
    throw new LoadError('plan.refused', `load on ${plan.env} needs --yes`, {
      hint: `Look at the plan with --dry-run, then run it again with --yes.`,
    });
  }
}

function refuseForeignHost(url: string, env: string, environments: Readonly<Record<string, Environment>>): void {
  const reason = refuseHost(hostOf(url), env, environments);
  if (reason === undefined) return;
  throw new LoadError('plan.refused', reason, {
    hint: `Load goes only to hosts that the environment names: environments.${env}.hosts in gravl-load.config.ts adds some.`,
  });
}

/** Told before the load that a token cannot be used, not by its first request. */
function tokenSource(file: string | undefined, { env, cwd }: PlanInput): string | null {
  const variable = (env[tokenVariable] ?? '') === '' ? null : tokenVariable;
  const from = file === undefined ? variable : path.resolve(cwd, file);
  readToken(from, env);
  return from;
}

/** An open load that does not say how many users it may grow to grows to what the environment allows. */
function withinUsers(load: Load, most: number | null): Load {
  if (most === null || (load.kind !== 'rate' && load.kind !== 'rate-stages') || load.maxVUs !== undefined) return load;
  return { ...load, maxVUs: Math.min(most, usersFor(peakOf(load))) };
}

function peakOf(load: Load): number {
  if (load.kind === 'rate') return load.rate;
  if (!('stages' in load)) return 0;
  const targets = load.stages.map((stage) => stage.target);
  return Math.max(...targets, load.kind === 'rate-stages' ? load.startRate : 0);
}

function merge(
  builtin: Readonly<Record<string, Environment>>,
  own: Readonly<Record<string, unknown>>,
  blank: Environment | undefined,
): Record<string, Environment> {
  const merged: Record<string, Environment> = { ...builtin };
  for (const [name, changes] of Object.entries(own)) {
    merged[name] = { ...(builtin[name] ?? blank), ...(changes as object) } as Environment;
  }
  return merged;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
