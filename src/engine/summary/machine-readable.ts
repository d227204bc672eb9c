import { categoryOf } from './text/render.ts';
import type { SummaryCheck, SummaryData, SummaryGroup, SummaryMetric } from './text/types.ts';

/** https://github.com/grafana/k6-summary, schemas/summary/1.0.0 and schemas/metric/1.0.0. */
export interface MachineReadableSummary {
  readonly version: '1.0.0';
  readonly metadata: { readonly generatedAt: string; readonly k6Version: string };
  readonly config: { readonly execution: 'local'; readonly script: string; readonly duration: number };
  readonly results: {
    readonly passed: boolean;
    readonly metrics: readonly MachineReadableMetric[];
    readonly checks?: {
      readonly metrics: readonly MachineReadableMetric[];
      readonly results: readonly Pick<SummaryCheck, 'name' | 'passes' | 'fails'>[];
    };
  };
}

interface MachineReadableMetric {
  readonly name: string;
  readonly type: string;
  readonly contains: string;
  readonly category: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface MachineReadableInput {
  readonly data: SummaryData;
  /** Samples of each trend by name: the schema asks for `count` whatever the trend stats are. */
  readonly trendCounts: Readonly<Record<string, number>>;
  readonly script: string;
  readonly k6Version: string;
  readonly generatedAt: Date;
}

function checksOf(group: SummaryGroup): Pick<SummaryCheck, 'name' | 'passes' | 'fails'>[] {
  const own = group.checks.map(({ name, passes, fails }) => ({ name, passes, fails }));
  return [...own, ...group.groups.flatMap(checksOf)];
}

function checkMetrics(checks: SummaryMetric, seconds: number): MachineReadableMetric[] {
  const passes = checks.values['passes'] ?? 0;
  const fails = checks.values['fails'] ?? 0;
  const total = passes + fails;
  const share = (hits: number): number => (total === 0 ? 0 : hits / total);
  const common = { contains: 'default', category: 'execution' };
  return [
    {
      ...common,
      name: 'checks_total',
      type: 'counter',
      values: { count: total, rate: seconds > 0 ? total / seconds : 0 },
    },
    { ...common, name: 'checks_succeeded', type: 'rate', values: { rate: share(passes), passes, fails } },
    { ...common, name: 'checks_failed', type: 'rate', values: { rate: share(fails), passes: fails, fails: passes } },
  ];
}

/** The summary of `--new-machine-readable-summary`, in the public schema's version 1.0.0. */
export function machineReadableSummary(input: MachineReadableInput): MachineReadableSummary {
  const { data, trendCounts } = input;
  const duration = data.state.testRunDurationMs / 1000;
  const metrics = Object.entries(data.metrics)
    .filter(([name]) => name !== 'checks')
    .map(([name, { type, contains, values }]): MachineReadableMetric => ({
      name,
      type,
      contains,
      category: categoryOf(name).toLowerCase(),
      values: type === 'trend' ? { ...values, count: trendCounts[name] ?? 0 } : values,
    }));
  const { checks } = data.metrics;
  const passed = Object.values(data.metrics).every(({ thresholds }) =>
    Object.values(thresholds ?? {}).every(({ ok }) => ok),
  );
  return {
    version: '1.0.0',
    metadata: { generatedAt: input.generatedAt.toISOString(), k6Version: input.k6Version },
    config: { execution: 'local', script: input.script, duration },
    results: {
      passed,
      metrics,
      ...(checks === undefined
        ? {}
        : { checks: { metrics: checkMetrics(checks, duration), results: checksOf(data.root_group) } }),
    },
  };
}
