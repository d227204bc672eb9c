/** The object k6 gives handleSummary, as far as the suite reads it. */
export interface SummaryMetric {
  readonly type: 'counter' | 'gauge' | 'rate' | 'trend';
  readonly contains: 'default' | 'time' | 'data';
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

export interface SummaryCheck {
  readonly name: string;
  readonly path: string;
  readonly passes: number;
  readonly fails: number;
}

export interface SummaryGroup {
  readonly name: string;
  readonly path: string;
  readonly groups: readonly SummaryGroup[];
  readonly checks: readonly SummaryCheck[];
}

export interface SummaryData {
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly root_group: SummaryGroup;
  readonly options: {
    readonly summaryTrendStats?: readonly string[];
    readonly summaryTimeUnit?: string;
    readonly noColor?: boolean;
  };
  readonly state: {
    readonly testRunDurationMs: number;
    readonly isStdOutTTY: boolean;
    readonly isStdErrTTY: boolean;
  };
}

/** Every check of the run, depth first, in the order in which groups and checks appeared. */
export function allChecks(group: SummaryGroup): SummaryCheck[] {
  return [...group.checks, ...group.groups.flatMap(allChecks)];
}
