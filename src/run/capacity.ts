/** Runs the steps of a capacity search through the ordinary runners: constant arrival rate, steady part, cool-down. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { measureStep } from '../analysis/capacity/measure-step.ts';
import { capacityReport, type CapacityReport, type MeasuredStep } from '../analysis/capacity/report.ts';
import { decide, failure, type SearchOptions } from '../analysis/capacity/search.ts';
import { makePlan, type PlanInput } from '../config/plan.ts';
import { renderCapacityMarkdown } from '../report/capacity/markdown.ts';
import { renderCapacitySvg } from '../report/capacity/svg.ts';
import type { Measurement } from '../results/measure.ts';
import { guardWrite, loadSeries, newRunId, writeWhole } from '../results/store.ts';
import { execute, type FinishedRun, type RunControls } from './execute.ts';
import { startLocalTarget } from './local-target.ts';
import { probeTarget } from './probe.ts';
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
  /** Folder with capacity.json, .svg, .md and the runs of the steps. */
  readonly dir: string;
}

/** One request an iteration: a rate of iterations is a rate of requests. */
const scenarios = ['health', 'exercises'];
const coolDownMs = { pause: 500, longest: 30_000 };

/** Asked anew each time: a signal comes in between. */
const stopped = ({ stop }: RunControls): boolean => stop.aborted;

/** @throws LoadError plan.refused when the environment does not allow the greatest rate */
export async function searchCapacity(input: CapacityInput, controls: RunControls): Promise<CapacityResult> {
  const { search, say } = input;
  const plan = await stepPlan(input, search.maxRate, input.stepSeconds, {});
  const dir = path.join(plan.resultsDir, 'capacity', plan.env, newRunId('capacity', new Date()));
  await guardWrite(dir, () => mkdir(dir, { recursive: true }));
  const local = plan.target.baseUrl === null ? await startLocalTarget() : undefined;
  const where = { results: dir, ...(local === undefined ? {} : { baseUrl: local.url, metricsUrl: local.metricsUrl }) };
  const baseUrl = local?.url ?? plan.target.baseUrl ?? '';
  const steps: MeasuredStep[] = [];
  try {
    for (let next = decide(steps, search); next.kind === 'step'; next = decide(steps, search)) {
      const step = await runStep(input, next.rate, where, controls);
      if (stopped(controls)) break;
      const reason = step.generatorLimit ?? failure(step, search.limits);
      say(`${step.rate.toFixed(0).padStart(6)} req/s  ${reason === undefined ? 'holds' : `no: ${reason}`}`);
      steps.push(step);
      if (reason !== undefined) await coolDown(baseUrl, search.limits.p95, controls.stop);
    }
  } finally {
    await local?.stop();
  }
  const report = capacityReport(steps, search, input.expect, controls.stop.aborted);
  await guardWrite(dir, async () => {
    await writeWhole(path.join(dir, 'capacity.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    await writeWhole(path.join(dir, 'capacity.svg'), renderCapacitySvg(report));
    await writeWhole(path.join(dir, 'capacity.md'), renderCapacityMarkdown(report));
  });
  return { report, dir };
}

function stepPlan(
  { flags, env, cwd }: PlanInput,
  rate: number,
  seconds: number,
  where: Readonly<Record<string, unknown>>,
): ReturnType<typeof makePlan> {
  const step = { scenario: scenarios, ...flags, ...where, rate, duration: `${seconds}s`, compare: false };
  return makePlan({ flags: step, env, cwd });
}

/** One step; one that has not settled is made again, twice as long, before it counts. */
async function runStep(
  input: CapacityInput,
  rate: number,
  where: Readonly<Record<string, unknown>>,
  controls: RunControls,
): Promise<MeasuredStep> {
  const { search, stepSeconds } = input;
  for (const seconds of [stepSeconds, 2 * stepSeconds]) {
    const plan = await stepPlan(input, rate, seconds, where);
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
    const planned = guard.signal.aborted ? Math.floor(durationSeconds) : seconds;
    const { step, settled } = measureStep(
      rate,
      await loadSeries(run.dir),
      planned,
      generatorLimit(generator, iterations),
    );
    const overloaded = failure(step, search.limits) !== undefined;
    if (settled || overloaded || guard.signal.aborted || seconds > stepSeconds) return step;
  }
  throw new Error('unreachable: the second attempt always counts');
}

/** The step is lost, and going on would only hurt: half of the requests fail, or they wait far beyond the limit. */
function isHopeless({ total, elapsedMs }: Measurement, { limits }: SearchOptions): boolean {
  if ((elapsedMs ?? 0) < 4000) return false;
  return total.failed > total.requests / 2 || (total.quantile(0.5) ?? 0) > 5 * limits.p95;
}

/** Waits until the target answers quickly again: what is left of an overload must not spoil the next step. */
async function coolDown(baseUrl: string, limitMs: number, stop: AbortSignal): Promise<void> {
  const until = performance.now() + coolDownMs.longest;
  for (let quick = 0; quick < 3 && performance.now() < until && !stop.aborted;) {
    await delay(coolDownMs.pause);
    const asked = performance.now();
    const answer = await probeTarget(baseUrl, stop).catch(() => undefined);
    quick = answer !== undefined && answer.at - asked < limitMs / 2 ? quick + 1 : 0;
  }
}
