/**
 * Where does the target stop keeping up? A pure search over arrival rates: up in growing steps (the rates of the team's
 * table among them) to the first that fails, then bisection between the last that held and the first that failed.
 * The caller runs each step; this module only decides.
 */

/** One step of constant arrival rate, measured over its steady part. */
export interface StepResult {
  /** Planned requests a second. */
  readonly rate: number;
  /** Completed requests a second. */
  readonly achieved: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Share of failed requests. */
  readonly errorRate: number;
  readonly dropped: number;
  /** Why the generator, not the target, limited this step; undefined when it did not. */
  readonly generatorLimit: string | undefined;
}

export interface Limits {
  /** Milliseconds. */
  readonly p95: number;
  readonly p99: number;
  readonly errorRate: number;
}

export interface SearchOptions {
  readonly startRate: number;
  /** Never gone beyond. */
  readonly maxRate: number;
  readonly limits: Limits;
  /** Rates that get a step of their own where the search comes by. */
  readonly rows: readonly number[];
  /** Relative width at which the bisection stops: 0.05 gives the knee to ± 2.5 %. */
  readonly precision: number;
  readonly maxSteps: number;
}

export const defaultSearch: SearchOptions = {
  startRate: 50,
  maxRate: 2000,
  limits: { p95: 200, p99: 500, errorRate: 0.01 },
  rows: [200, 500, 1000],
  precision: 0.05,
  maxSteps: 30,
};

/** Factor between steps on the way up. */
const GROWTH = 1.6;
/** A step has to complete this share of what it was asked for. */
const ACHIEVED_SHARE = 0.97;

export type StoppedBy = 'knee' | 'generator' | 'max-rate' | 'nothing-holds' | 'max-steps';

export type Decision =
  | { readonly kind: 'step'; readonly rate: number }
  | {
      readonly kind: 'done';
      readonly stoppedBy: StoppedBy;
      /** The highest rate that held, 0 when none did. */
      readonly held: number;
      /** The lowest rate that failed because of the target. */
      readonly failed: number | undefined;
    };

/** What a step failed by, in words; undefined when it held. A step that the generator limited neither held nor failed. */
export function failure(step: StepResult, limits: Limits): string | undefined {
  if (step.errorRate >= limits.errorRate) return `errors ${percent(step.errorRate)} ≥ ${percent(limits.errorRate)}`;
  if (step.p95 >= limits.p95) return `p95 ${step.p95.toFixed(0)} ms ≥ ${String(limits.p95)} ms`;
  if (step.p99 >= limits.p99) return `p99 ${step.p99.toFixed(0)} ms ≥ ${String(limits.p99)} ms`;
  if (step.dropped > 0) return `${String(step.dropped)} iterations dropped`;
  if (step.achieved < step.rate * ACHIEVED_SHARE)
    return `only ${step.achieved.toFixed(0)} of ${step.rate.toFixed(0)} req/s done`;
  return undefined;
}

/** Whether its answers alone fail the step: errors, or times beyond the limits. */
export const isSlow = ({ errorRate, p95, p99 }: StepResult, limits: Limits): boolean =>
  errorRate >= limits.errorRate || p95 >= limits.p95 || p99 >= limits.p99;

/** The next step, or the end of the search, from all steps so far. */
export function decide(steps: readonly StepResult[], options: SearchOptions): Decision {
  const { limits, maxRate, precision } = options;
  const usable = steps.filter(({ generatorLimit }) => generatorLimit === undefined);
  const held = Math.max(0, ...usable.filter((step) => failure(step, limits) === undefined).map(({ rate }) => rate));
  const failing = usable.filter((step) => step.rate > held && failure(step, limits) !== undefined);
  const failed = failing.length === 0 ? undefined : Math.min(...failing.map(({ rate }) => rate));
  const limited = steps.filter((step) => step.generatorLimit !== undefined && step.rate > held);
  const ceiling = Math.min(failed ?? Infinity, ...limited.map(({ rate }) => rate));
  const done = (stoppedBy: StoppedBy): Decision => ({ kind: 'done', stoppedBy, held, failed });

  if (ceiling === Infinity) {
    if (held >= maxRate) return done('max-rate');
    if (steps.length >= options.maxSteps) return done('max-steps');
    return { kind: 'step', rate: nextUp(held, options) };
  }
  const stopped: StoppedBy = ceiling === failed ? (held === 0 ? 'nothing-holds' : 'knee') : 'generator';
  if (ceiling <= held * (1 + precision) || ceiling <= 1) return done(stopped);
  if (steps.length >= options.maxSteps) return done('max-steps');
  // Below the first step there is nothing that held: look further down, geometrically.
  const middle = held === 0 ? ceiling / 2 : (held + ceiling) / 2;
  return { kind: 'step', rate: whole(middle, held, ceiling) };
}

function nextUp(held: number, { startRate, maxRate, rows }: SearchOptions): number {
  const grown = held === 0 ? startRate : held * GROWTH;
  const row = rows.filter((rate) => rate > held && rate < grown).sort((a, b) => a - b)[0];
  return Math.min(maxRate, Math.max(1, Math.round(row ?? grown)));
}

/** A whole rate where there is one strictly between the bounds. */
function whole(rate: number, low: number, high: number): number {
  const rounded = Math.round(rate);
  return rounded > low && rounded < high ? rounded : rate;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
