/** Runs the steps of a capacity search through the ordinary runners: constant arrival rate, steady part, cool-down. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { measureStep, type StepMeasure } from '../analysis/capacity/measure-step.ts';
import { capacityReport, type CapacityReport, type MeasuredStep } from '../analysis/capacity/report.ts';
import { decide, failure, isSlow, type Limits, type SearchOptions } from '../analysis/capacity/search.ts';
import { findProject, makePlan, scenarioNames, type Plan, type PlanInput } from '../config/plan.ts';
import { LoadError } from '../errors.ts';
import { renderCapacityMarkdown } from '../report/capacity/markdown.ts';
import { writeReports } from '../report/index.ts';
import { renderCapacitySvg } from '../report/capacity/svg.ts';
import type { Measurement } from '../results/measure.ts';
import { guardWrite, loadRunFolder, loadSeries, newRunId, writeWhole } from '../results/store.ts';
import { untilCalm } from './calm.ts';
import { execute, type FinishedRun, type RunControls } from './execute.ts';
import { startLocalTarget } from './local-target.ts';
import { generatorLimit } from './verdict.ts';

export interface CapacityInput extends PlanInput {
  readonly search: SearchOptions;
  readonly stepSeconds: number;
  /** Expected peak in requests a second. */
  readonly expect: number | undefined;
  readonly say: (text: string) => void;
}

export interface CapacityResult {
  readonly report: CapacityReport;
  /** Folder with capacity.json, .svg, .md, report.html and the runs of the steps. */
  readonly dir: string;
  /** Set when the target stopped answering. */
  readonly gone: LoadError | undefined;
}

/** One request an iteration: a rate of iterations is a rate of requests. */
const preferred = ['health', 'exercises'];

/** In a project without them: all it has. */
function defaultScenarios(cwd: string): readonly string[] {
  const known = scenarioNames(findProject(cwd));
  return preferred.every((name) => known.includes(name)) ? preferred : known;
}
const longestCoolDownMs = 30_000;

/** Asked anew each time: a signal comes in between. */
const stopped = ({ stop }: RunControls): boolean => stop.aborted;

/** @throws LoadError plan.refused when the environment does not allow the greatest rate */
export async function searchCapacity(input: CapacityInput, controls: RunControls): Promise<CapacityResult> {
  const { search, say } = input;
  const plan = await stepPlan(input, search.maxRate, input.stepSeconds, {});
  const dir = path.join(plan.resultsDir, 'capacity', plan.env, newRunId('capacity', new Date()));
  await guardWrite(dir, () => mkdir(dir, { recursive: true }));
  const local = plan.target.baseUrl === null ? await startLocalTarget() : undefined;
  const baseUrl = local?.url ?? plan.target.baseUrl ?? '';
  const where = {
    results: dir,
    ...(local === undefined ? {} : { baseUrl: local.url, metricsUrl: local.metricsUrl }),
  };
  const steps: MeasuredStep[] = [];
  const folders = new Map<number, string>();
  let gone: LoadError | undefined;
  try {
    for (let next = decide(steps, search); next.kind === 'step'; next = decide(steps, search)) {
      const { step, dir: runDir } = await runStep(input, next.rate, where, controls);
      if (stopped(controls)) break;
      const reason = step.generatorLimit ?? failure(step, search.limits);
      say(`${step.rate.toFixed(0).padStart(6)} req/s  ${reason === undefined ? 'holds' : `no: ${reason}`}`);
      steps.push(step);
      folders.set(step.rate, runDir);
      if (reason !== undefined) await coolDown(baseUrl, search.limits.p95, controls.stop);
    }
  } catch (error) {
    // Load may bring a target down. What was found until then stays.
    if (steps.length === 0 || !(error instanceof LoadError) || error.code !== 'target.unreachable') throw error;
    gone = error;
  } finally {
    await local?.stop();
  }
  const ended = controls.stop.aborted ? 'interrupted' : gone === undefined ? undefined : 'target-gone';
  const report = capacityReport(steps, search, input.expect, ended);
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  await guardWrite(dir, async () => {
    await writeWhole(path.join(dir, 'capacity.json'), json);
    await writeWhole(path.join(dir, 'capacity.svg'), renderCapacitySvg(report));
    await writeWhole(path.join(dir, 'capacity.md'), renderCapacityMarkdown(report));
  });
  const atKnee = folders.get(report.knee) ?? [...folders.values()].at(-1);
  if (atKnee !== undefined) {
    // The page of the run at the knee shows the whole search.
    await guardWrite(atKnee, () => writeWhole(path.join(atKnee, 'capacity.json'), json));
    await writeReports(dir, (await loadRunFolder(atKnee)).record, undefined, ['html'], atKnee);
  }
  return { report, dir, gone };
}

function stepPlan(
  { flags, env, cwd }: PlanInput,
  rate: number,
  seconds: number,
  where: Readonly<Record<string, unknown>>,
): ReturnType<typeof makePlan> {
  const step = { scenario: defaultScenarios(cwd), ...flags, ...where, rate, duration: `${seconds}s`, compare: false };
  return makePlan({ flags: step, env, cwd });
}

/**
 * How often a step is made again for each doubt. A generator without a free processor is at its end; one that was late
 * with processors to spare stumbled over what else the machine did, which passes.
 */
const retries = { saturated: 1, stumbled: 4, failed: 1, unsettled: 1 } as const;
type Doubt = keyof typeof retries;
/** CPU share of the busiest engine thread from which on the generator itself is at its end. */
const saturatedCpu = 0.7;
/** A p95 below so many times its limit was missed narrowly. */
const narrowly = 3;

/**
 * One step. It is made again, for twice the time, when it had not settled; and again when the generator looked limited or
 * the limits were narrowly missed: a machine that stumbled for a moment must not be taken for a limit.
 */
async function runStep(
  input: CapacityInput,
  rate: number,
  where: Readonly<Record<string, unknown>>,
  controls: RunControls,
): Promise<MadeStep> {
  const { search, stepSeconds, say } = input;
  let seconds = stepSeconds;
  const made: Record<Doubt, number> = { saturated: 0, stumbled: 0, failed: 0, unsettled: 0 };
  for (;;) {
    const plan = await stepPlan(input, rate, seconds, where);
    const attempt = await attemptStep(input, plan, rate, seconds, controls);
    const { step, dir } = attempt;
    const doubt = doubtAbout(attempt, search.limits);
    if (doubt === undefined || made[doubt] === retries[doubt] || stopped(controls)) return { step, dir };
    made[doubt]++;
    if (doubt === 'unsettled') seconds = 2 * stepSeconds;
    else {
      const reason = step.generatorLimit ?? failure(step, search.limits) ?? '';
      say(`${rate.toFixed(0).padStart(6)} req/s  once more: ${reason}`);
      await coolDown(plan.target.baseUrl ?? '', search.limits.p95, controls.stop);
    }
  }
}

interface MadeStep {
  readonly step: MeasuredStep;
  /** Folder of the run it was made by. */
  readonly dir: string;
}

interface Attempt extends StepMeasure, MadeStep {
  /** It was ended early, because it could not hold any more. */
  readonly lost: boolean;
  readonly generatorCpu: number | null;
}

/** What to make a step again for; undefined when there is no doubt. */
function doubtAbout({ step, settled, lost, generatorCpu }: Attempt, limits: Limits): Doubt | undefined {
  if (lost) return undefined;
  if (step.generatorLimit !== undefined) return (generatorCpu ?? 1) >= saturatedCpu ? 'saturated' : 'stumbled';
  if (failure(step, limits) === undefined) return settled ? undefined : 'unsettled';
  return step.p95 < narrowly * limits.p95 ? 'failed' : undefined;
}

async function attemptStep(
  { search }: CapacityInput,
  plan: Plan,
  rate: number,
  seconds: number,
  controls: RunControls,
): Promise<Attempt> {
  const guard = new AbortController();
  const stop = AbortSignal.any([controls.stop, guard.signal]);
  let watch: NodeJS.Timeout | undefined;
  let run: FinishedRun;
  try {
    run = await execute(
      plan,
      { ...controls, stop },
      {
        onStart({ measurement }) {
          watch = setInterval(() => {
            if (isHopeless(measurement, search)) guard.abort('SIGINT');
          }, 1000);
        },
        onEnd: () => clearInterval(watch),
        onNotice: () => undefined,
        onDebug: () => undefined,
      },
    );
  } finally {
    clearInterval(watch);
  }
  const { generator, iterations, durationSeconds } = run.record;
  const lost = guard.signal.aborted;
  const planned = lost ? Math.floor(durationSeconds) : seconds;
  const series = await loadSeries(run.dir);
  const measured = measureStep(rate, series, planned, undefined);
  // Times are measured from when a request is sent: a late start cannot be why they crossed a limit. A target that drowns
  // exhausts the users and makes them late.
  const slow = isSlow(measured.step, search.limits);
  const limit = generatorLimit({ ...generator, ...(slow || lost ? { lateIterations: null } : {}) }, iterations);
  return { ...measureStep(rate, series, planned, limit), lost, dir: run.dir, generatorCpu: generator.cpu };
}

/** The step is lost, and going on would only hurt: half of the requests fail, or they wait far beyond the limit. */
function isHopeless({ total, elapsedMs }: Measurement, { limits }: SearchOptions): boolean {
  if ((elapsedMs ?? 0) < 4000) return false;
  return total.failed > total.requests / 2 || (total.quantile(0.5) ?? 0) > 5 * limits.p95;
}

/** What is left of an overload must not spoil the next step. */
const coolDown = (baseUrl: string, limitMs: number, stop: AbortSignal): Promise<number | null> =>
  untilCalm(baseUrl, { quickMs: limitMs / 2, longestMs: longestCoolDownMs, stop });
