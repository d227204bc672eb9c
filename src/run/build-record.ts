/** The run record out of what the engine gave back. */
import { createHash } from 'node:crypto';
import { looksSecret, redactUrl } from '../config/redact.ts';
import { suiteVersion } from '../config/package.ts';
import type { Plan } from '../config/plan.ts';
import type { Measurement } from '../results/measure.ts';
import { RECORD_SCHEMA_VERSION, type RunRecord, type SeriesLine, type ThresholdResult } from '../results/record.ts';
import type { RunOutcome } from '../runners/index.ts';
import { endpoints as declaredEndpoints } from '../suite/endpoints.ts';
import { plannedRate } from '../suite/load.ts';
import type { ScriptPlan } from '../suite/script-plan.ts';
import { allChecks, type SummaryData } from '../suite/summary/index.ts';
import { judgeSeries } from './judge-series.ts';
import { judge } from './verdict.ts';

export interface RecordInput {
  readonly id: string;
  readonly plan: Plan;
  readonly scriptPlan: ScriptPlan;
  readonly outcome: RunOutcome;
  readonly measurement: Measurement;
  readonly series: readonly SeriesLine[];
  /** Why the target's own metrics could not be read; undefined when they were, or nobody asked. */
  readonly noServerMetrics: string | undefined;
  readonly target: RunRecord['target'];
  readonly git: RunRecord['git'];
  readonly machine: RunRecord['machine'];
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** The signal that ended the run early. */
  readonly signal: 'SIGINT' | 'SIGTERM' | undefined;
}

export function buildRecord(input: RecordInput): RunRecord {
  const { plan, scriptPlan, outcome, measurement } = input;
  const { summary } = outcome;
  const { durationSeconds, total, endpoints } = measurement.totals();
  const fromEngine = summary === undefined ? [] : thresholdResults(summary, plan.abortOnFail);
  const fromSeries = judgeSeries(plan, input.series, fromEngine);
  const thresholds = [...fromEngine, ...fromSeries.thresholds];
  const engineExitCode = exitCodeOf(input);
  const facts = {
    // The engine knows nothing of what is judged here.
    exitCode: engineExitCode === 0 && thresholds.some(({ ok }) => !ok) ? 99 : engineExitCode,
    durationSeconds,
    interrupted: input.signal !== undefined || outcome.exitCode === null,
    thresholds,
    iterations: measurement.counted.iterations,
    total,
    target: { ...input.target, url: redactUrl(input.target.url) },
    generator: {
      ...outcome.generator,
      droppedIterations: measurement.counted.dropped,
      plannedRate: plannedRate(plan.load),
      achievedRate:
        plannedRate(plan.load) === null || durationSeconds === 0
          ? null
          : measurement.counted.iterations / durationSeconds,
    },
  };
  return {
    schemaVersion: RECORD_SCHEMA_VERSION,
    id: input.id,
    env: plan.env,
    profile: plan.profile,
    scenarios: [...scriptPlan.scenarios],
    plan: printablePlan(plan),
    planHash: planHash(plan, scriptPlan),
    engine: outcome.engine,
    suiteVersion,
    git: input.git,
    machine: input.machine,
    tags: { ...plan.tags },
    startedAt: input.startedAt.toISOString(),
    endedAt: input.endedAt.toISOString(),
    ...facts,
    verdict: judge(facts),
    ...(fromSeries.findings.length === 0 ? {} : { findings: fromSeries.findings }),
    checks:
      summary === undefined
        ? []
        : allChecks(summary.root_group).map(({ name, path, passes, fails }) => ({ name, path, passes, fails })),
    // A run of less than a second may end before the engine counts its users.
    vusMax: Math.max(measurement.users.max, summary?.metrics['vus']?.values['max'] ?? 0),
    dataReceived: summary?.metrics['data_received']?.values['count'] ?? 0,
    dataSent: summary?.metrics['data_sent']?.values['count'] ?? 0,
    endpoints: [...endpoints].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1)),
    samples: outcome.samples,
    missing: {
      ...outcome.missing,
      ...(input.noServerMetrics === undefined ? {} : { server: input.noServerMetrics }),
      ...fromSeries.missing,
      ...(summary === undefined
        ? { thresholds: noSummary, checks: noSummary, dataReceived: noSummary, dataSent: noSummary }
        : {}),
      ...(plannedRate(plan.load) === null ? { 'generator.plannedRate': 'a closed model has no planned rate' } : {}),
    },
  };
}

/** Endpoints appear as they are declared, those of one's own scenarios after them. */
const declared: readonly string[] = Object.values(declaredEndpoints).map(({ name }) => name);
const rank = (name: string): number => (declared.includes(name) ? declared.indexOf(name) : declared.length);

const noSummary = 'the engine ended without a summary';

/** The plan as `--dry-run` prints it and the record keeps it: no secrets. */
export function printablePlan(plan: Plan): Record<string, unknown> {
  const { baseUrl, metricsUrl } = plan.target;
  return {
    ...plan,
    target: {
      ...plan.target,
      baseUrl: baseUrl === null ? null : redactUrl(baseUrl),
      metricsUrl: metricsUrl === null ? null : redactUrl(metricsUrl),
    },
    variables: Object.fromEntries(
      Object.entries(plan.variables).map(([name, value]) => [name, looksSecret(name) ? '***' : value]),
    ),
  };
}

/** Two runs with the same hash asked the same of their targets. */
function planHash(plan: Plan, scriptPlan: ScriptPlan): string {
  const asked = {
    scenarios: scriptPlan.scenarios,
    think: scriptPlan.thinkSeconds,
    load: plan.load,
    thresholds: scriptPlan.options.thresholds,
  };
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 12);
}

function exitCodeOf({ signal, outcome }: RecordInput): number {
  if (signal !== undefined) return signal === 'SIGINT' ? 130 : 143;
  const { exitCode } = outcome;
  if (exitCode === 0 || exitCode === 97 || exitCode === 99) return exitCode;
  return exitCode !== null && exitCode >= 104 && exitCode <= 110 ? exitCode : 6;
}

function thresholdResults(summary: SummaryData, abortOnFail: boolean): ThresholdResult[] {
  return Object.entries(summary.metrics).flatMap(([metric, { values, thresholds = {} }]) =>
    Object.entries(thresholds).map(([expression, { ok }]) => {
      const [, aggregation = '', limit] = /^\s*([a-z]+(?:\([\d.]+\))?)\s*[<>=!]+\s*(-?[\d.]+)/.exec(expression) ?? [];
      return {
        metric,
        expression,
        ok,
        value: values[aggregation] ?? null,
        limit: limit === undefined ? null : Number(limit),
        abortOnFail,
      };
    }),
  );
}
