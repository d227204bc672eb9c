/** From a scenario as written to one that can run: defaults, and k6's checks with its messages. */
import { formatDuration } from './duration.ts';
import type { GivenOf, GivenScenario, GivenStage } from './scenario-fields.ts';
import type { ExecutorName, Scenario, Stage } from './types.ts';

const DEFAULT_GRACE = 30_000;
const DEFAULT_MAX_DURATION = 600_000;
const MIN_DURATION = 1000;

type Problems = string[];
/** What all executors share has been resolved; the executor's own part is still as given. */
type Resolver<E extends ExecutorName> = (
  own: GivenOf<E>['own'],
  problems: Problems,
) => Omit<Extract<Scenario, { executor: E }>, keyof CommonPart | 'executor'>;
type CommonPart = Pick<Scenario, 'name' | 'startTime' | 'gracefulStop' | 'exec' | 'env' | 'tags'>;

/** @returns the scenario and what is wrong with it, in k6's words; no problems means that it can run */
export function resolveScenario(
  name: string,
  given: GivenScenario,
): { scenario: Scenario; problems: readonly string[] } {
  const problems: Problems = [];
  const { base } = given;
  if (name === '') problems.push("executor name can't be empty");
  if (!/^[0-9a-zA-Z_-]+$/.test(name)) {
    problems.push('the executor name should contain only numbers, latin letters, underscores, and dashes');
  }
  if (base.exec === '') problems.push('exec value cannot be empty');
  if ((base.startTime ?? 0) < 0) problems.push("the startTime can't be negative");
  if ((base.gracefulStop ?? 0) < 0) problems.push("the gracefulStop timeout can't be negative");
  const common: CommonPart = {
    name,
    startTime: base.startTime ?? 0,
    gracefulStop: base.gracefulStop ?? DEFAULT_GRACE,
    exec: base.exec ?? 'default',
    env: base.env ?? {},
    tags: base.tags ?? {},
  };
  return { scenario: { ...common, ...resolveOwn(given, problems) }, problems };
}

function resolveOwn(given: GivenScenario, problems: Problems) {
  // One line each: the union has to be narrowed for the resolver's types to agree.
  switch (given.executor) {
    case 'shared-iterations':
      return { executor: given.executor, ...sharedIterations(given.own, problems) };
    case 'per-vu-iterations':
      return { executor: given.executor, ...perVuIterations(given.own, problems) };
    case 'constant-vus':
      return { executor: given.executor, ...constantVus(given.own, problems) };
    case 'ramping-vus':
      return { executor: given.executor, ...rampingVus(given.own, problems) };
    case 'constant-arrival-rate':
      return { executor: given.executor, ...constantArrivalRate(given.own, problems) };
    case 'ramping-arrival-rate':
      return { executor: given.executor, ...rampingArrivalRate(given.own, problems) };
  }
}

const sharedIterations: Resolver<'shared-iterations'> = (own, problems) => {
  const { vus = 1, iterations = 1, maxDuration = DEFAULT_MAX_DURATION } = own;
  if (vus <= 0) problems.push('the number of VUs must be more than 0');
  if (iterations < vus) {
    problems.push(`the number of iterations (${iterations}) shouldn't be less than the number of VUs (${vus})`);
  }
  checkMaxDuration(maxDuration, problems);
  return { vus, iterations, maxDuration };
};

const perVuIterations: Resolver<'per-vu-iterations'> = (own, problems) => {
  const { vus = 1, iterations = 1, maxDuration = DEFAULT_MAX_DURATION } = own;
  if (vus <= 0) problems.push('the number of VUs must be more than 0');
  if (iterations <= 0) problems.push('the number of iterations must be more than 0');
  checkMaxDuration(maxDuration, problems);
  return { vus, iterations, maxDuration };
};

const constantVus: Resolver<'constant-vus'> = (own, problems) => {
  const { vus = 1 } = own;
  if (vus <= 0) problems.push('the number of VUs must be more than 0');
  return { vus, duration: checkDuration(own.duration, problems) };
};

const rampingVus: Resolver<'ramping-vus'> = (own, problems) => {
  const { startVUs = 1, gracefulRampDown = DEFAULT_GRACE } = own;
  const stageProblems: Problems = [];
  const stages = readStages(own.stages ?? [], stageProblems);
  if (startVUs < 0) problems.push('the number of start VUs must not be negative');
  if (Math.max(startVUs, ...stages.map((stage) => stage.target)) <= 0) {
    problems.push("either startVUs or one of the stages' target values must be greater than 0");
  }
  problems.push(...stageProblems);
  if (gracefulRampDown < 0) problems.push("the gracefulRampDown timeout can't be negative");
  return { startVUs, stages, gracefulRampDown };
};

const constantArrivalRate: Resolver<'constant-arrival-rate'> = (own, problems) => {
  const { rate = 0 } = own;
  if (own.rate === undefined) problems.push("the iteration rate isn't specified");
  else if (rate <= 0) problems.push('the iteration rate must be more than 0');
  const timeUnit = checkTimeUnit(own.timeUnit, problems);
  const duration = checkDuration(own.duration, problems);
  return { rate, timeUnit, duration, ...checkPool(own, problems) };
};

const rampingArrivalRate: Resolver<'ramping-arrival-rate'> = (own, problems) => {
  const { startRate = 0 } = own;
  if (startRate < 0) problems.push("the startRate value can't be negative");
  const timeUnit = checkTimeUnit(own.timeUnit, problems);
  const stages = readStages(own.stages ?? [], problems);
  return { startRate, timeUnit, stages, ...checkPool(own, problems) };
};

function checkMaxDuration(maxDuration: number, problems: Problems): void {
  if (maxDuration < MIN_DURATION) problems.push(tooShort('maxDuration', maxDuration));
}

function checkDuration(duration: number | undefined, problems: Problems): number {
  if (duration === undefined) problems.push('the duration is unspecified');
  else if (duration < MIN_DURATION) problems.push(tooShort('duration', duration));
  return duration ?? 0;
}

function tooShort(field: string, ms: number): string {
  return `the ${field} must be at least ${formatDuration(MIN_DURATION)}, but is ${formatDuration(ms)}`;
}

function checkTimeUnit(timeUnit: number | undefined, problems: Problems): number {
  if (timeUnit !== undefined && timeUnit <= 0) problems.push('the timeUnit must be more than 0');
  return timeUnit ?? 1000;
}

function readStages(stages: readonly GivenStage[], problems: Problems): Stage[] {
  if (stages.length === 0) problems.push('at least one stage has to be specified');
  return stages.map((stage, index) => {
    const read = (field: keyof GivenStage): number => {
      const value = stage[field];
      if (value === undefined) problems.push(`the ${field} for stage ${index + 1} isn't specified`);
      else if (value < 0) problems.push(`the ${field} for stage ${index + 1} can't be negative`);
      return value ?? 0;
    };
    return { duration: read('duration'), target: read('target') };
  });
}

function checkPool(
  own: { readonly preAllocatedVUs?: number; readonly maxVUs?: number },
  problems: Problems,
): { preAllocatedVUs: number; maxVUs: number } {
  const { preAllocatedVUs = 0, maxVUs = preAllocatedVUs } = own;
  if (own.preAllocatedVUs === undefined) problems.push("the number of preAllocatedVUs isn't specified");
  else if (preAllocatedVUs < 0) problems.push("the number of preAllocatedVUs can't be negative");
  if (own.maxVUs !== undefined && maxVUs < preAllocatedVUs) {
    problems.push("maxVUs shouldn't be less than preAllocatedVUs");
  } else if (own.preAllocatedVUs !== undefined && preAllocatedVUs >= 0 && maxVUs <= 0) {
    problems.push('either preAllocatedVUs or maxVUs must be more than 0');
  }
  return { preAllocatedVUs, maxVUs };
}
