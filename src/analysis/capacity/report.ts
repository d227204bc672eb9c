/** What the steps of a capacity run amount to: knee, Universal Scalability Law, headroom, the team's table. */
import { z } from 'zod';
import { fitUsl } from '../stats/usl.ts';
import { decide, failure, type SearchOptions, type StepResult } from './search.ts';

const stepSchema = z.strictObject({
  rate: z.number(),
  achieved: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  errorRate: z.number(),
  dropped: z.number(),
  holds: z.boolean(),
  why: z.string().nullable(),
  /** Server metrics during the step, by name. */
  server: z.record(z.string(), z.number()),
});

export const capacityReportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** The highest rate that held all limits, requests a second. */
  knee: z.number(),
  /** True when the target was not brought to its limit: the truth is `knee` or more. */
  atLeast: z.boolean(),
  stoppedBy: z.enum(['knee', 'generator', 'max-rate', 'nothing-holds', 'max-steps', 'interrupted', 'target-gone']),
  statement: z.string(),
  expected: z
    .strictObject({ rate: z.number(), /** knee / expected − 1 */ headroom: z.number(), enough: z.boolean().nullable() })
    .nullable(),
  usl: z
    .strictObject({
      lambda: z.number(),
      sigma: z.number(),
      kappa: z.number(),
      peakThroughput: z.number().nullable(),
      rSquared: z.number(),
    })
    .nullable(),
  rows: z.array(
    z.strictObject({
      rate: z.number(),
      p50: z.number().nullable(),
      p95: z.number().nullable(),
      p99: z.number().nullable(),
      errorRate: z.number().nullable(),
      verdict: z.enum(['holds', 'fails', 'not run']),
      why: z.string(),
    }),
  ),
  steps: z.array(stepSchema),
});

export type CapacityReport = z.infer<typeof capacityReportSchema>;

export interface MeasuredStep extends StepResult {
  readonly server: Readonly<Record<string, number>>;
}

/**
 * @param expect expected peak in requests a second, when there is one
 * @param ended what ended the search before it was done
 */
export function capacityReport(
  steps: readonly MeasuredStep[],
  options: SearchOptions,
  expect: number | undefined,
  ended?: 'interrupted' | 'target-gone',
): CapacityReport {
  const decision = decide(steps, options);
  const stoppedBy = ended ?? (decision.kind === 'done' ? decision.stoppedBy : 'interrupted');
  const sorted = [...steps].sort((a, b) => a.rate - b.rate);
  const why = (step: StepResult): string | undefined => step.generatorLimit ?? failure(step, options.limits);
  const knee = Math.max(0, ...steps.filter((step) => why(step) === undefined).map(({ rate }) => rate));
  const atLeast = ['generator', 'max-rate', 'max-steps', 'interrupted', 'target-gone'].includes(stoppedBy);
  const fit = fitUsl(
    // Little's law: requests in flight are rate × mean time; the median stands for the mean, being robust.
    sorted
      .filter((step) => step.generatorLimit === undefined)
      .map(({ achieved, p50 }) => ({ n: (achieved * p50) / 1000, x: achieved })),
  );
  return {
    schemaVersion: 1,
    knee,
    atLeast,
    stoppedBy,
    statement: statement(knee, stoppedBy, sorted, options),
    expected: expect === undefined ? null : headroom(knee, expect, atLeast),
    usl:
      fit === undefined
        ? null
        : {
            lambda: fit.lambda,
            sigma: fit.sigma,
            kappa: fit.kappa,
            // Far beyond what was measured the law is a guess.
            peakThroughput: fit.peakThroughput <= 10 * Math.max(1, knee) ? fit.peakThroughput : null,
            rSquared: fit.rSquared,
          },
    rows: options.rows.map((rate) => row(rate, sorted, knee, why)),
    steps: sorted.map((step) => {
      const { rate, achieved, p50, p95, p99, errorRate, dropped, server } = step;
      const reason = why(step);
      return {
        rate,
        achieved,
        p50,
        p95,
        p99,
        errorRate,
        dropped,
        holds: reason === undefined,
        why: reason ?? null,
        server: { ...server },
      };
    }),
  };
}

function headroom(knee: number, rate: number, atLeast: boolean): NonNullable<CapacityReport['expected']> {
  // "At least N" proves enough when N is enough, and nothing otherwise.
  return { rate, headroom: knee / rate - 1, enough: knee >= rate ? true : atLeast ? null : false };
}

function row(
  rate: number,
  steps: readonly MeasuredStep[],
  knee: number,
  why: (step: StepResult) => string | undefined,
): CapacityReport['rows'][number] {
  const step = steps.find((s) => s.rate === rate);
  if (step === undefined) {
    const reason = knee < rate ? `the search ended below, at ${knee.toFixed(0)} req/s` : 'the search did not come by';
    return { rate, p50: null, p95: null, p99: null, errorRate: null, verdict: 'not run', why: reason };
  }
  const { p50, p95, p99, errorRate } = step;
  const reason = why(step);
  return { rate, p50, p95, p99, errorRate, verdict: reason === undefined ? 'holds' : 'fails', why: reason ?? '' };
}

function statement(
  knee: number,
  stoppedBy: CapacityReport['stoppedBy'],
  steps: readonly StepResult[],
  { limits, maxRate }: SearchOptions,
): string {
  const rate = `${knee.toFixed(0)} req/s`;
  switch (stoppedBy) {
    case 'knee': {
      const beyond = steps.find(
        (step) => step.rate > knee && step.generatorLimit === undefined && failure(step, limits) !== undefined,
      );
      const reason =
        beyond === undefined ? '' : `; at ${beyond.rate.toFixed(0)} req/s: ${failure(beyond, limits) ?? ''}`;
      return `The target holds ${rate}${reason}.`;
    }
    case 'generator': {
      const limited = steps.find((step) => step.rate > knee && step.generatorLimit !== undefined);
      return `The target holds at least ${rate}; beyond that the load generator was the bottleneck (${limited?.generatorLimit ?? ''}).`;
    }
    case 'target-gone':
      return `The target held ${rate} and then stopped answering.`;
    case 'max-rate':
      return `The target holds at least ${rate}, the highest rate allowed (${String(maxRate)}).`;
    case 'nothing-holds':
      return 'The target held no rate that was tried.';
    case 'max-steps':
      return `The target holds at least ${rate}; the search ended after its most steps.`;
    case 'interrupted':
      return knee === 0
        ? 'The search was interrupted before any rate held.'
        : `The target holds at least ${rate}; the search was interrupted.`;
  }
}
