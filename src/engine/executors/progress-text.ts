/** What stands beside a scenario's progress bar: VUs, time, and how far the work has come. */
import { formatDuration } from '../options/duration.ts';
import type { Scenario } from '../options/types.ts';
import { rateInStages, stagesDuration } from './ramp.ts';
import { shareOf, type Split } from './segment.ts';
import type { ExecutorStatus } from './types.ts';

export interface Standing extends ExecutorStatus {
  readonly state: 'waiting' | 'running' | 'done';
  /** Milliseconds since the scenario's start. */
  readonly elapsed: number;
  /** Most VUs that were in use at a time. */
  readonly peak: number;
}

export function progressColumns(scenario: Scenario, split: Split, now: Standing): readonly string[] {
  switch (scenario.executor) {
    case 'shared-iterations': {
      const total = split.inProportionTo(scenario.vus).scale(scenario.iterations);
      return [looping(scenario.vus, split), spent(now, scenario.maxDuration), `${ended(now, total)} shared iters`];
    }
    case 'per-vu-iterations': {
      const total = split.scale(scenario.vus) * scenario.iterations;
      const work = `${ended(now, total)} iters, ${scenario.iterations} per VU`;
      return [looping(scenario.vus, split), spent(now, scenario.maxDuration), work];
    }
    case 'constant-vus':
      return [looping(scenario.vus, split), spent(now, scenario.duration)];
    case 'ramping-vus': {
      const most = split.scale(Math.max(scenario.startVUs, ...scenario.stages.map(({ target }) => target)));
      const duration = stagesDuration(scenario.stages);
      const time = now.elapsed < duration ? `${clock(now.elapsed, duration)}/${clock(duration, duration)}` : undefined;
      return [`${ofAll(now.vus, most, most)} VUs`, time ?? formatDuration(duration)];
    }
    case 'constant-arrival-rate': {
      const { rate, timeUnit, duration } = scenario;
      return [pool(scenario, split, now), spent(now, duration), perSecond(rate, rate, timeUnit, scenario, split)];
    }
    case 'ramping-arrival-rate': {
      const { startRate, stages, timeUnit } = scenario;
      const highest = Math.max(startRate, ...stages.map(({ target }) => target));
      const rate = rateInStages(startRate, stages, now.elapsed) ?? stages.at(-1)?.target ?? startRate;
      const work = perSecond(rate, highest, timeUnit, scenario, split);
      return [pool(scenario, split, now), spent(now, stagesDuration(stages)), work];
    }
  }
}

/** Minutes, seconds and tenths, as wide as those of `longest` are. */
export function clock(ms: number, longest: number): string {
  const [wholeMinutes, seconds] = [Math.floor(ms / 60_000), ((Math.floor(ms / 100) / 10) % 60).toFixed(1)];
  if (longest < 60_000) return `${seconds.padStart(String(Math.floor(longest / 1000)).length + 2, '0')}s`;
  const rest = `${seconds.padStart(4, '0')}s`;
  if (longest < 3_600_000) {
    return `${padded(wholeMinutes, Math.floor(longest / 60_000))}m${rest}`;
  }
  return `${padded(Math.floor(wholeMinutes / 60), Math.floor(longest / 3_600_000))}h${padded(wholeMinutes % 60, 10)}m${rest}`;
}

/** A number with the zeros that make it as wide as `widest` is. */
export function padded(value: number, widest: number): string {
  return String(value).padStart(String(widest).length, '0');
}

const ofAll = (value: number, all: number, widest: number): string => `${padded(value, widest)}/${padded(all, widest)}`;

const looping = (vus: number, split: Split): string => `${split.scale(vus)} VUs`;

/** The whole length once that is over, even while iterations still end. */
function spent({ elapsed }: Standing, duration: number): string {
  const whole = formatDuration(duration);
  return elapsed < duration ? `${clock(elapsed, duration)}/${whole}` : whole;
}

function ended({ progress, state, vus }: Standing, total: number): string {
  const begun = Math.round(progress * total);
  return ofAll(Math.max(0, state === 'done' ? begun : begun - vus), total, total);
}

type Arrival = Extract<Scenario, { readonly preAllocatedVUs: number }>;

function pool({ preAllocatedVUs, maxVUs }: Arrival, split: Split, { vus, peak }: Standing): string {
  return `${ofAll(vus, Math.max(split.scale(preAllocatedVUs), peak), split.scale(maxVUs))} VUs`;
}

function perSecond(rate: number, highest: number, timeUnit: number, { maxVUs }: Arrival, split: Split): string {
  const share = shareOf(split.inProportionTo(maxVUs));
  const [now, most] = [rate, highest].map((value) => ((value / timeUnit) * 1000 * share).toFixed(2));
  return `${(now ?? '').padStart(most?.length ?? 0, '0')} iters/s`;
}
