/** What is judged from the course of a run: sliding windows, the target's own metrics, the purpose of the profile. */
import { judgePurpose } from '../analysis/series/purpose.ts';
import { serverThresholds } from '../analysis/series/server.ts';
import { slidingThresholds } from '../analysis/series/windows.ts';
import type { Plan } from '../config/plan.ts';
import type { Finding, SeriesLine, ThresholdResult } from '../results/record.ts';
import { stagePlan } from '../suite/load.ts';

export interface SeriesVerdict {
  /** Beside those of the engine. */
  readonly thresholds: readonly ThresholdResult[];
  readonly findings: Finding[];
  readonly missing: Readonly<Record<string, string>>;
}

export function judgeSeries(
  plan: Plan,
  series: readonly SeriesLine[],
  engineThresholds: readonly ThresholdResult[],
  calmAfterMs: number | null | undefined,
): SeriesVerdict {
  const server = serverThresholds(plan.serverThresholds, series);
  const stages = stagePlan(plan.load);
  const findings = judgePurpose({
    profile: plan.profile,
    series,
    thresholds: engineThresholds,
    planned: stages?.at,
    peakEnds: stages?.peakEnds,
    calmAfterMs,
  });
  return {
    thresholds: [
      ...(plan.windowSeconds === null ? [] : slidingThresholds(engineThresholds, series, plan.windowSeconds)),
      ...server.thresholds,
      ...findings.filter(({ ok }) => ok === false).map(asThreshold),
    ],
    findings,
    missing: Object.fromEntries(server.missing.map((name) => [`server.${name}`, 'the target did not say it'])),
  };
}

/** A purpose that was not met is a promise that was not kept. */
const asThreshold = ({ kind, subject, statement, value }: Finding): ThresholdResult => ({
  metric: `${kind} of ${subject}`,
  expression: statement,
  ok: false,
  value,
  limit: null,
  abortOnFail: false,
});
