/** From a load as the profiles describe it to a k6 scenario, and what command-line overrides make of it. */
import type { Scenario } from 'k6/options';
import { formatDuration, parseDuration } from './duration.ts';
import type { Load, Stage } from './profiles.ts';

export interface LoadOverrides {
  readonly vus?: number | undefined;
  readonly durationMs?: number | undefined;
  /** Iterations per second; turns a closed model into an open one. */
  readonly rate?: number | undefined;
  readonly iterations?: number | undefined;
}

/** The profile's load with the overrides applied: stages keep their shape and are scaled. */
export function overrideLoad(load: Load, overrides: LoadOverrides): Load {
  const { vus, durationMs, rate, iterations } = overrides;
  if (iterations !== undefined) {
    const maxDuration = formatDuration(durationMs ?? Math.max(loadDurationMs(load), 600_000));
    return { kind: 'iterations', vus: Math.min(vus ?? peakUsers(load), iterations), iterations, maxDuration };
  }
  const duration = formatDuration(durationMs ?? loadDurationMs(load));
  const maxVUs = vus === undefined ? {} : { maxVUs: vus };
  if (load.kind === 'rate-stages') {
    const stages = scale(load.stages, durationMs, rate);
    const factor = rate === undefined ? 1 : rate / peak(load.stages);
    return { ...load, startRate: Math.round(load.startRate * factor), stages, ...maxVUs };
  }
  if (load.kind === 'rate' || rate !== undefined) {
    return { kind: 'rate', rate: rate ?? (load.kind === 'rate' ? load.rate : 1), duration, ...maxVUs };
  }
  if (load.kind === 'users-stages') return { ...load, stages: scale(load.stages, durationMs, vus) };
  if (load.kind === 'iterations') return { ...load, vus: vus ?? load.vus, maxDuration: duration };
  return { ...load, vus: vus ?? load.vus, duration };
}

/** How long the load lasts at most, in milliseconds, without the graceful stop. */
export function loadDurationMs(load: Load): number {
  switch (load.kind) {
    case 'users':
    case 'rate':
      return parseDuration(load.duration) ?? 0;
    case 'iterations':
      return parseDuration(load.maxDuration) ?? 0;
    case 'users-stages':
    case 'rate-stages':
      return load.stages.reduce((sum, stage) => sum + (parseDuration(stage.duration) ?? 0), 0);
  }
}

/** Iterations per second the load asks for on average; null in closed models, where the target sets the pace. */
export function plannedRate(load: Load): number | null {
  if (load.kind === 'rate') return load.rate;
  if (load.kind !== 'rate-stages') return null;
  let from = load.startRate;
  let iterations = 0;
  for (const stage of load.stages) {
    iterations += ((from + stage.target) / 2) * ((parseDuration(stage.duration) ?? 0) / 1000);
    from = stage.target;
  }
  return iterations / (loadDurationMs(load) / 1000);
}

export interface StagePlan {
  /** Users, or iterations a second, asked for at that second. */
  readonly at: (seconds: number) => number;
  /** Seconds from the start at which the greatest load begins to go down; undefined when it never does. */
  readonly peakEnds: number | undefined;
}

/** How a load with stages goes up and down; undefined for others. */
export function stagePlan(load: Load): StagePlan | undefined {
  if (load.kind !== 'users-stages' && load.kind !== 'rate-stages') return undefined;
  const points: (readonly [t: number, value: number])[] = [[0, load.kind === 'rate-stages' ? load.startRate : 0]];
  for (const { duration, target } of load.stages) {
    points.push([(points.at(-1)?.[0] ?? 0) + (parseDuration(duration) ?? 0) / 1000, target]);
  }
  const highest = Math.max(...points.map(([, value]) => value));
  const lastPeak = points.findLastIndex(([, value]) => value === highest);
  return {
    at: (seconds) => {
      const next = points.findIndex(([t]) => t >= seconds);
      const [from, to] = [points[next - 1], points[next]];
      if (to === undefined) return points.at(-1)?.[1] ?? 0;
      if (from === undefined) return to[1];
      return from[1] + ((to[1] - from[1]) * (seconds - from[0])) / (to[0] - from[0]);
    },
    peakEnds: lastPeak < points.length - 1 ? points[lastPeak]?.[0] : undefined,
  };
}

export const isOpenModel = (load: Load): boolean => load.kind === 'rate' || load.kind === 'rate-stages';

/** The k6 scenario, executor and all. */
export function toScenario(load: Load): Scenario {
  switch (load.kind) {
    case 'users':
      return { executor: 'constant-vus', vus: load.vus, duration: load.duration };
    case 'users-stages':
      return { executor: 'ramping-vus', startVUs: 0, stages: [...load.stages] };
    case 'iterations':
      return {
        executor: 'shared-iterations',
        vus: load.vus,
        iterations: load.iterations,
        maxDuration: load.maxDuration,
      };
    case 'rate':
      return {
        executor: 'constant-arrival-rate',
        ...wholeRate(load.rate),
        duration: load.duration,
        ...arrivalUsers(load.rate, load.maxVUs),
      };
    case 'rate-stages':
      return {
        executor: 'ramping-arrival-rate',
        startRate: load.startRate,
        timeUnit: '1s',
        stages: load.stages.map(({ duration, target }) => ({ duration, target })),
        ...arrivalUsers(peak(load.stages), load.maxVUs),
      };
  }
}

/** `10 users for 30s`, `20 to 500 iterations/s over 2m20s`. */
export function describeLoad(load: Load): string {
  const exact = loadDurationMs(load);
  // Scaled stages do not add up to the millisecond.
  const duration = formatDuration(exact < 10_000 ? exact : Math.round(exact / 100) * 100);
  const users = (n: number): string => `${n} ${n === 1 ? 'user' : 'users'}`;
  switch (load.kind) {
    case 'users':
      return `${users(load.vus)} for ${duration}`;
    case 'users-stages':
      return `up to ${users(peak(load.stages))} over ${duration}`;
    case 'iterations':
      return `${load.iterations} iterations by ${users(load.vus)}`;
    case 'rate':
      return `${load.rate} iterations/s for ${duration}`;
    case 'rate-stages':
      return `${load.startRate} to ${peak(load.stages)} iterations/s over ${duration}`;
  }
}

/** k6 takes whole rates only: a fractional one is spread over a longer unit of time. */
function wholeRate(rate: number): { rate: number; timeUnit: string } {
  for (const seconds of [1, 10, 60]) {
    const whole = rate * seconds;
    if (Math.abs(whole - Math.round(whole)) < 1e-9) return { rate: Math.round(whole), timeUnit: `${seconds}s` };
  }
  return { rate: Math.max(1, Math.round(rate * 3600)), timeUnit: '1h' };
}

/** Users an open model of that rate may grow to when nobody says how many. */
export const usersFor = (rate: number): number => Math.max(10, Math.ceil(rate * 2));

/** Users an open model starts with (half a second of answers in flight) and may grow to (two seconds). */
function arrivalUsers(rate: number, max: number | undefined): { preAllocatedVUs: number; maxVUs: number } {
  const maxVUs = max ?? usersFor(rate);
  return { preAllocatedVUs: Math.min(maxVUs, Math.max(5, Math.ceil(rate / 2))), maxVUs };
}

function peak(stages: readonly Stage[]): number {
  return stages.reduce((highest, stage) => Math.max(highest, stage.target), 0);
}

function peakUsers(load: Load): number {
  if (load.kind === 'users' || load.kind === 'iterations') return load.vus;
  if (load.kind === 'users-stages') return peak(load.stages);
  return 1;
}

function scale(stages: readonly Stage[], durationMs: number | undefined, target: number | undefined): Stage[] {
  const total = stages.reduce((sum, stage) => sum + (parseDuration(stage.duration) ?? 0), 0);
  const highest = peak(stages);
  return stages.map((stage) => ({
    duration:
      durationMs === undefined
        ? stage.duration
        : formatDuration(((parseDuration(stage.duration) ?? 0) * durationMs) / total),
    target: target === undefined ? stage.target : Math.round((stage.target * target) / highest),
  }));
}
