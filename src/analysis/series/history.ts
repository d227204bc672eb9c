/** A series of runs over time: where did its level change? */
import type { HistoryRun } from '../../results/history.ts';
import { changePoints } from '../stats/change-points.ts';

const historyMetrics = ['p50', 'p95', 'rate', 'errors'] as const;
export type HistoryMetric = (typeof historyMetrics)[number];

/** What `baseline history --json` prints. */
export interface History {
  readonly schemaVersion: 1;
  readonly env: string;
  readonly profile: string;
  /** Oldest first. */
  readonly points: readonly HistoryRun[];
  readonly changes: readonly HistoryChange[];
  /** Runs that are not in the series, by the reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface HistoryChange {
  readonly metric: HistoryMetric;
  /** The first run after the change. */
  readonly id: string;
  readonly startedAt: string;
  /** Medians on either side, in the metric's unit. */
  readonly before: number;
  readonly after: number;
  /** By the permutation test. */
  readonly pValue: number;
}

/** @param runs oldest first */
export function historyChanges(runs: readonly HistoryRun[]): HistoryChange[] {
  return historyMetrics.flatMap((metric) => {
    const measured = runs.flatMap((run) => {
      const value = run[metric];
      return value === null ? [] : [{ run, value }];
    });
    return changePoints(measured.map(({ value }) => value)).flatMap(({ index, before, after, pValue }) => {
      const first = measured[index]?.run;
      return first === undefined ? [] : [{ metric, id: first.id, startedAt: first.startedAt, before, after, pValue }];
    });
  });
}
