/** The mathematics of stages: how many VUs at which time, and when which iteration is due. */
import type { Stage } from '../options/types.ts';

export function stagesDuration(stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => sum + stage.duration, 0);
}

/**
 * @param elapsed milliseconds since the start
 * @returns the rate at that time, in the stages' own unit; undefined after the last stage
 */
export function rateInStages(startRate: number, stages: readonly Stage[], elapsed: number): number | undefined {
  let from = startRate;
  let begin = 0;
  for (const { duration, target } of stages) {
    const part = (elapsed - begin) / duration;
    if (part < 1) return from + (target - from) * part;
    begin += duration;
    from = target;
  }
  return undefined;
}

export interface VuStep {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly vus: number;
}

/**
 * The number of VUs over time: in a stage each change by one comes at its exact share of the stage, so that the
 * target is reached at the stage's end. A stage of no length jumps.
 */
export function* vuSteps(start: number, stages: readonly Stage[]): Generator<VuStep> {
  yield { at: 0, vus: start };
  let from = start;
  let begin = 0;
  for (const { duration, target } of stages) {
    const change = Math.abs(target - from);
    const direction = Math.sign(target - from);
    if (duration === 0 && change > 0) yield { at: begin, vus: target };
    else for (let n = 1; n <= change; n++) yield { at: begin + (duration * n) / change, vus: from + direction * n };
    begin += duration;
    from = target;
  }
}

/**
 * When the iterations of a ramping rate are due.
 * @param timeUnit milliseconds that the rates count in
 * @returns the time of iteration `n` (zero-based) in milliseconds, undefined when the stages end before it. Calls
 *   have to ascend in `n`
 */
export function arrivalTimes(
  startRate: number,
  stages: readonly Stage[],
  timeUnit: number,
): (n: number) => number | undefined {
  let index = 0;
  let begin = 0;
  let done = 0;
  let from = startRate / timeUnit;
  return (n) => {
    const wanted = n + 1;
    for (;;) {
      const stage = stages[index];
      if (!stage) return undefined;
      const to = stage.target / timeUnit;
      const area = ((from + to) / 2) * stage.duration;
      if (wanted <= done + area + 1e-9 && stage.duration > 0) {
        return begin + Math.min(stage.duration, timeOfArea(wanted - done, from, (to - from) / stage.duration));
      }
      done += area;
      begin += stage.duration;
      from = to;
      index++;
    }
  };
}

/** Solves `from·t + slope·t²/2 = area` for the first t, in the form that stays exact when the slope is small. */
function timeOfArea(area: number, from: number, slope: number): number {
  return (2 * area) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * area)));
}
