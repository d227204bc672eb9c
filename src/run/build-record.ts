/** The run record out of what the engine gave back. */
import { createHash } from 'node:crypto';
import { looksSecret, redactUrl } from '../config/redact.ts';
import { suiteVersion } from '../config/package.ts';
import type { Plan } from '../config/plan.ts';
import type { RunIdentity } from '../results/journal.ts';
import { Measurement } from '../results/measure.ts';
import {
  RECORD_SCHEMA_VERSION,
  type EndpointResult,
  type RunRecord,
  type SeriesLine,
  type ThresholdResult,
} from '../results/record.ts';
import type { RunOutcome } from '../runners/index.ts';
import { endpoints as declaredEndpoints } from '../suite/endpoints.ts';
import { plannedRate } from '../suite/load.ts';
import type { ScriptPlan } from '../suite/script-plan.ts';
import { allChecks, type SummaryData } from '../suite/summary/index.ts';
import { judgeSeries } from './judge-series.ts';
import { judge } from './verdict.ts';

export interface IdentityInput {
  readonly id: string;
  readonly plan: Plan;
  readonly scriptPlan: ScriptPlan;
  readonly engine: RunRecord['engine'];
  readonly target: RunRecord['target'];
  readonly git: RunRecord['git'];
  readonly machine: RunRecord['machine'];
  readonly startedAt: Date;
}

/** What of the record is known before the load begins. */
export function runIdentity(input: IdentityInput): RunIdentity {
  const { plan, scriptPlan } = input;
  return {
    id: input.id,
    env: plan.env,
    profile: plan.profile,
    scenarios: [...scriptPlan.scenarios],
    plan: printablePlan(plan),
    planHash: planHash(plan, scriptPlan),
    engine: input.engine,
    suiteVersion,
    git: input.git,
    machine: input.machine,
    target: { ...input.target, url: redactUrl(input.target.url) },
    tags: { ...plan.tags },
    startedAt: input.startedAt.toISOString(),
  };
}

export interface RecordInput {
  readonly identity: RunIdentity;
  readonly plan: Plan;
  readonly outcome: RunOutcome;
  readonly measurement: Measurement;
  readonly series: readonly SeriesLine[];
  /** Why the target's own metrics could not be read; undefined when they were, or nobody asked. */
  readonly noServerMetrics: string | undefined;
  readonly restarted: boolean | null;
  /** Until the target answered quickly after the load; null: not while it was watched, undefined: nobody watched. */
  readonly calmAfterMs: number | null | undefined;
  /** Share of the machine that other programs used; null where it cannot be told. */
  readonly othersCpu: number | null;
  readonly endedAt: Date;
  /** The signal that ended the run early. */
  readonly signal: 'SIGINT' | 'SIGTERM' | undefined;
}

/** What an engine ends with when it was aborted from outside, and when a part of it crashed. */
const brokenOff = [105, 109];

export function buildRecord(input: RecordInput): RunRecord {
  const { plan, outcome, measurement } = input;
  const { summary } = outcome;
  const { durationSeconds, total, endpoints } = measurement.totals();
  const fromEngine = summary === undefined ? [] : thresholdResults(summary, plan.abortOnFail);
  const fromSeries = judgeSeries(plan, input.series, fromEngine, input.calmAfterMs);
  const thresholds = [...fromEngine, ...fromSeries.thresholds];
  const engineExitCode = exitCodeOf(input);
  const facts = {
    exitCode: judgedExitCode(engineExitCode, total.requests, thresholds),
    durationSeconds,
    interrupted: input.signal !== undefined || outcome.exitCode === null || brokenOff.includes(outcome.exitCode),
    thresholds,
    iterations: measurement.counted.iterations,
    total,
    target: { ...input.identity.target, restarted: input.restarted },
    generator: {
      ...outcome.generator,
      othersCpu: input.othersCpu,
      droppedIterations: measurement.counted.dropped,
      plannedRate: plannedRate(plan.load),
      achievedRate:
        plannedRate(plan.load) === null || durationSeconds === 0
          ? null
          : measurement.counted.iterations / durationSeconds,
    },
  };
  return {
    ...input.identity,
    schemaVersion: RECORD_SCHEMA_VERSION,
    engine: outcome.engine,
    endedAt: input.endedAt.toISOString(),
    ...facts,
    // That no request was made is a reason of its own.
    verdict: judge(total.requests === 0 ? { ...facts, exitCode: engineExitCode } : facts),
    ...(fromSeries.findings.length === 0 ? {} : { findings: fromSeries.findings }),
    checks:
      summary === undefined
        ? []
        : allChecks(summary.root_group).map(({ name, path, passes, fails }) => ({ name, path, passes, fails })),
    // A run of less than a second may end before the engine counts its users.
    vusMax: Math.max(measurement.users.max, summary?.metrics['vus']?.values['max'] ?? 0),
    dataReceived: summary?.metrics['data_received']?.values['count'] ?? 0,
    dataSent: summary?.metrics['data_sent']?.values['count'] ?? 0,
    endpoints: inOrder(endpoints),
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

/** What was measured of a run whose process is gone: marked interrupted, and everything only the end can tell is missing. */
export function recoveredRecord(
  { plannedRate: planned, ...identity }: RunIdentity & { readonly plannedRate: number | null },
  series: readonly SeriesLine[],
  droppedLines: number,
  endedAt: Date,
): RunRecord {
  const measurement = new Measurement(() => undefined);
  for (const line of series) measurement.engineSecond({ ...line, errors: line.errors ?? {}, hist: line.hist ?? [] });
  const { durationSeconds, total, endpoints } = measurement.totals();
  const { iterations, dropped } = measurement.counted;
  const facts = {
    exitCode: killedExitCode,
    durationSeconds,
    interrupted: true,
    thresholds: [],
    iterations,
    total,
    target: { ...identity.target, restarted: null },
    generator: {
      ...unknownHealth,
      droppedIterations: dropped,
      plannedRate: planned,
      achievedRate: planned === null || durationSeconds === 0 ? null : iterations / durationSeconds,
    },
  };
  const killed = 'the process of the run was killed before its end';
  const lost = ['thresholds', 'checks', 'dataReceived', 'dataSent', 'samples', 'generator', 'findings'];
  return {
    ...identity,
    schemaVersion: RECORD_SCHEMA_VERSION,
    endedAt: endedAt.toISOString(),
    ...facts,
    verdict: judge(facts),
    checks: [],
    vusMax: measurement.users.max,
    dataReceived: 0,
    dataSent: 0,
    endpoints: inOrder(endpoints),
    samples: [],
    missing: {
      ...Object.fromEntries(lost.map((field) => [field, killed])),
      ...(droppedLines === 0 ? {} : { series: `${droppedLines} lines were torn when the process was killed` }),
    },
  };
}

/** As a shell says it of a process ended by SIGKILL. */
const killedExitCode = 137;

const unknownHealth = {
  eventLoopLagP99: null,
  eventLoopLagMax: null,
  cpu: null,
  lateIterations: null,
  distortions: null,
};

const inOrder = (endpoints: readonly EndpointResult[]): RunRecord['endpoints'] =>
  [...endpoints].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));

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
      Object.entries(plan.variables).map(([name, value]) => [name, looksSecret(name) ? '***' : redactUrl(value)]),
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

/** The engine knows nothing of what is judged here, and is content when not a single request came to its end. */
function judgedExitCode(engine: number, requests: number, thresholds: readonly ThresholdResult[]): number {
  if (engine !== 0) return engine;
  if (requests === 0) return 6;
  return thresholds.some(({ ok }) => !ok) ? 99 : 0;
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
