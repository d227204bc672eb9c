/** The executors by name, and what is the same for all of them. */
import { formatDuration } from '../options/duration.ts';
import type { ExecutorName, Scenario } from '../options/types.ts';
import { constantArrivalRate } from './constant-arrival-rate.ts';
import { constantVus } from './constant-vus.ts';
import { perVuIterations } from './per-vu-iterations.ts';
import { rampingArrivalRate } from './ramping-arrival-rate.ts';
import { rampingVus } from './ramping-vus.ts';
import type { Split } from './segment.ts';
import { sharedIterations } from './shared-iterations.ts';
import type { Executor, ExecutorHost, ExecutorRun, VuNeed } from './types.ts';

const executors: { readonly [E in ExecutorName]: Executor<E> } = {
  'shared-iterations': sharedIterations,
  'per-vu-iterations': perVuIterations,
  'constant-vus': constantVus,
  'ramping-vus': rampingVus,
  'constant-arrival-rate': constantArrivalRate,
  'ramping-arrival-rate': rampingArrivalRate,
};

/** The executor of a scenario; what is called with the same scenario fits by construction of the map. */
function executorOf(scenario: Scenario): Executor<ExecutorName> {
  return executors[scenario.executor] as Executor<ExecutorName>;
}

export function startScenario(scenario: Scenario, host: ExecutorHost): ExecutorRun {
  return executorOf(scenario).start(scenario, host);
}

/** Milliseconds from the scenario's start to its regular end. */
export function scenarioDuration(scenario: Scenario): number {
  return executorOf(scenario).duration(scenario);
}

/** Milliseconds of a load for whose first moments something may be done that makes its start later. */
const LONG = 5000;

/** Whether a scenario goes on that long whatever its iterations take. */
export function lastsLong(scenarios: readonly Scenario[]): boolean {
  return scenarios.some(
    (scenario) =>
      scenario.executor !== 'shared-iterations' &&
      scenario.executor !== 'per-vu-iterations' &&
      scenarioDuration(scenario) >= LONG,
  );
}

/** `* name: 2 looping VUs for 1s (gracefulStop: 30s)` without the name. */
export function describeScenario(scenario: Scenario, split: Split): string {
  const { exec, startTime, gracefulStop } = scenario;
  const extras = [
    ...(exec === 'default' ? [] : [`exec: ${exec}`]),
    ...(startTime > 0 ? [`startTime: ${formatDuration(startTime)}`] : []),
    ...(gracefulStop > 0 ? [`gracefulStop: ${formatDuration(gracefulStop)}`] : []),
  ].join(', ');
  const own = executorOf(scenario).describe(scenario, split);
  if (extras === '') return own.endsWith('(') ? own.slice(0, -1).trimEnd() : `${own})`;
  return own.endsWith('(') ? `${own}${extras})` : `${own}, ${extras})`;
}

export interface Requirements {
  /** VUs that must exist before the start. */
  readonly plannedVUs: number;
  /** With those that may be made on the way. */
  readonly maxVUs: number;
  /** Milliseconds, with every graceful stop. */
  readonly duration: number;
}

/** What all scenarios together need, because VUs are handed from one scenario to the next. */
export function requirements(scenarios: readonly Scenario[], split: Split): Requirements {
  const changes: (VuNeed & { readonly scenario: number })[] = scenarios
    .flatMap((scenario, index) =>
      executorOf(scenario)
        .needs(scenario, split)
        .map((need) => ({ ...need, at: need.at + scenario.startTime, scenario: index })),
    )
    .sort((a, b) => a.at - b.at);
  const now = scenarios.map(() => ({ planned: 0, unplanned: 0 }));
  let [planned, unplanned, plannedVUs, maxVUs] = [0, 0, 0, 0];
  for (const [index, change] of changes.entries()) {
    const before = now[change.scenario] ?? { planned: 0, unplanned: 0 };
    planned += change.planned - before.planned;
    unplanned += change.unplanned - before.unplanned;
    now[change.scenario] = change;
    // What changes at the same moment is one change.
    if (changes[index + 1]?.at === change.at) continue;
    plannedVUs = Math.max(plannedVUs, planned);
    maxVUs = Math.max(maxVUs, planned + unplanned);
  }
  return { plannedVUs, maxVUs, duration: changes.at(-1)?.at ?? 0 };
}
