/** The life of a run: engine, bundle, results folder, target, probe, load, record. Cleans up in reverse order. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Candidate } from '../analysis/compare/release.ts';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import { compile } from '../bundle/compile.ts';
import type { Plan } from '../config/plan.ts';
import { credentialsOf, divideVariables, readToken, Redactor, secretsIn, tokenVariable } from '../config/secrets.ts';
import { LoadError, messageOf } from '../errors.ts';
import { writeReports } from '../report/index.ts';
import { readBaseline } from '../results/baselines.ts';
import { gitFingerprint, machineFingerprint } from '../results/fingerprint.ts';
import { SeriesWriter, writeJournal } from '../results/journal.ts';
import { Measurement } from '../results/measure.ts';
import type { RunRecord, SeriesLine } from '../results/record.ts';
import { guardWrite, loadSeries, newRunId, openRun, openRunFiles, publishRun, runFiles } from '../results/store.ts';
import { chooseRunner } from '../runners/index.ts';
import { plannedRate } from '../suite/load.ts';
import type { ScriptPlan } from '../suite/script-plan.ts';
import { buildRecord, runIdentity } from './build-record.ts';
import { untilCalm } from './calm.ts';
import { candidateOf, compareRun } from './compare.ts';
import { lockTarget } from './lock.ts';
import { startLocalTarget } from './local-target.ts';
import { ownsItsProcesses, watchMachine } from './machine-load.ts';
import { fetchMetrics, probeTarget, restarted, type TargetHealth } from './probe.ts';
import { recoverRuns, sayRecovered } from './recover.ts';
import { startScraper, type Scraper } from './scrape.ts';
import { scriptPlanOf } from './script-plan.ts';

/** How often the disk is asked for room while the load goes on. */
const roomEveryMs = 2000;

/** What a run tells while it goes on. */
export interface RunObserver {
  /** Everything is ready; the load begins now. */
  onStart(info: {
    plan: Plan;
    url: string;
    engine: string;
    scenarios: readonly string[];
    /** Metric → the limits it will be judged by. */
    thresholds: Readonly<Record<string, readonly string[]>>;
    measurement: Measurement;
    /** Takes the run's secrets out of what is shown. */
    redact: <T>(value: T) => T;
  }): void;
  /** Seconds that are over, as they are stored: secrets taken out, the server's metrics with them. */
  onLines?(lines: readonly SeriesLine[]): void;
  onEnd(): void;
  onNotice(text: string): void;
  onDebug(line: string): void;
}

export interface RunControls {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted with the signal's name as its reason by the first Ctrl-C: the load ends gracefully. */
  readonly stop: AbortSignal;
  /** Aborted by the second: everything ends at once. */
  readonly force: AbortSignal;
}

export interface FinishedRun {
  readonly record: RunRecord;
  readonly dir: string;
  /** What the engine said of its errors, oldest first. */
  readonly errors: readonly string[];
  readonly candidate: Candidate;
  /** Undefined when the plan wants none. */
  readonly comparison: BaselineComparison | undefined;
}

/**
 * @param earlier runs that are one candidate together with this one
 * @throws LoadError for everything that keeps the load from starting
 */
export async function execute(
  plan: Plan,
  controls: RunControls,
  observer: RunObserver,
  earlier: readonly Candidate[] = [],
): Promise<FinishedRun> {
  const cleanups: (() => void | Promise<void>)[] = [];
  try {
    return await run(plan, controls, observer, earlier, cleanups);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

async function run(
  plan: Plan,
  controls: RunControls,
  observer: RunObserver,
  earlier: readonly Candidate[],
  cleanups: (() => void | Promise<void>)[],
): Promise<FinishedRun> {
  // A baseline that cannot be read is told before the load, not after it.
  if (plan.compare) await readBaseline(plan.resultsDir, plan.env, plan.profile);
  const runner = chooseRunner(plan, controls.env);
  const version = await runner.version();
  const bundle = await compile(path.join(plan.projectDir, 'scenarios', 'load.ts'), plan.projectDir);
  observer.onDebug(`bundle: ${bundle.file}${bundle.cached ? ' (unchanged)' : ''}`);
  requireInBundle(plan, bundle.inputs);

  for (const found of await recoverRuns(plan.resultsDir)) {
    const said = sayRecovered(found);
    if (said !== undefined) observer.onNotice(said);
  }
  const startedAt = new Date();
  const begun = performance.now();
  const id = newRunId(plan.profile, startedAt);
  const openDir = await openRun(plan.resultsDir, plan.env, id);
  const measured = { something: false };
  cleanups.push(async () => {
    // What was measured stays, whatever went wrong after it: the next run makes a record of it.
    if (!measured.something) await rm(openDir, { recursive: true, force: true });
  });
  await guardWrite(openDir, () => writeJournal(openDir, null));
  const workDir = path.join(openDir, openRunFiles.work);
  await mkdir(workDir);

  const { url, metricsUrl } = await useTarget(plan, cleanups);
  if (plan.target.baseUrl !== null) {
    const unlock = lockTarget(url, plan.env, id);
    cleanups.push(unlock);
  }
  const before = await probeFirst(plan, url, controls.stop, observer);
  const scenarios = await usableScenarios(plan, metricsUrl, controls.stop, observer);
  const scriptPlan = scriptPlanOf(plan, url, metricsUrl, scenarios);

  const token = readToken(plan.tokenFrom, controls.env);
  const { shown, hidden } = divideVariables(plan.variables);
  const redactor = new Redactor([
    ...(token === undefined ? [] : [token]),
    ...Object.values(hidden),
    ...secretsIn(controls.env),
    ...[url, metricsUrl ?? ''].flatMap(credentialsOf),
  ]);
  const unwritable = new AbortController();
  const seriesWriter = new SeriesWriter(openDir, () => unwritable.abort());
  let scraper: Scraper | undefined;
  const measurement = new Measurement((lines) => {
    measured.something = true;
    const stored = redactor.deep(scraper?.attach(lines) ?? lines);
    seriesWriter.append(stored);
    observer.onLines?.(stored);
  });
  const watch = setInterval(() => seriesWriter.checkRoom(), roomEveryMs);
  cleanups.push(() => clearInterval(watch));
  controls.stop.throwIfAborted();
  const identity = redactor.deep(
    runIdentity({
      id,
      plan,
      scriptPlan,
      engine: { name: runner.name, version },
      target: { url, version: before?.version ?? null, restarted: null },
      git: await gitFingerprint(plan.projectDir),
      machine: runner.machine ?? machineFingerprint(),
      startedAt,
    }),
  );
  await guardWrite(openDir, () => writeJournal(openDir, { ...identity, plannedRate: plannedRate(plan.load) }));
  observer.onStart({
    plan,
    url,
    engine: [runner.name, version].filter(Boolean).join(' '),
    scenarios,
    thresholds: limitsOf(scriptPlan),
    measurement,
    redact: (value) => redactor.deep(value),
  });
  if (metricsUrl !== null && plan.target.metrics !== 'off') {
    scraper = startScraper(metricsUrl, measurement, plan.durationMs);
    const started = scraper;
    cleanups.push(async () => {
      await started.stop();
    });
  }
  const machine = await watchMachine();
  const outcome = await runner
    .run({
      script: bundle.file,
      workDir,
      logFile: path.join(openDir, runFiles.log),
      scriptPlan,
      variables: shown,
      secrets: { ...hidden, ...(token === undefined ? {} : { [tokenVariable]: token }) },
      redact: (text) => redactor.text(text),
      measurement,
      onNotice: (text) => observer.onNotice(text),
      onDebug: (line) => observer.onDebug(line),
      // Load that nobody can record is of no use.
      stop: AbortSignal.any([controls.stop, unwritable.signal]),
      force: controls.force,
    })
    .finally(() => observer.onEnd());
  measurement.finish();
  const othersCpu = await machine.othersShare();
  const noServerMetrics = await scraper?.stop();
  if (seriesWriter.failure !== undefined) throw seriesWriter.failure;
  // By the monotonic clock: somebody may set the other one during the run.
  const endedAt = new Date(startedAt.getTime() + performance.now() - begun);

  const after = await probeTarget(url, controls.force).catch(() => undefined);
  const calmAfterMs = await calmAfter(plan, scriptPlan, url, controls.stop);
  const built = buildRecord({
    identity,
    plan,
    outcome,
    measurement,
    series: await loadSeries(openDir),
    noServerMetrics,
    restarted: before === undefined ? null : restarted(before, after),
    calmAfterMs,
    othersCpu: ownsItsProcesses(runner.name, plan.target.baseUrl) ? othersCpu : null,
    endedAt,
    signal: controls.stop.aborted ? (controls.stop.reason as 'SIGINT' | 'SIGTERM') : undefined,
  });
  const record = redactor.deep({
    ...built,
    samples: built.samples.map((sample) => ({
      ...sample,
      url: redactor.text(sample.url),
      body: redactor.text(sample.body),
      error: redactor.text(sample.error),
    })),
  });
  const summary = `${JSON.stringify(redactor.deep(outcome.summary ?? null), undefined, 2)}\n`;
  await guardWrite(openDir, () => writeFile(path.join(openDir, runFiles.summary), summary));
  const candidate = await candidateOf(record, openDir);
  const comparison = await compareRun(plan, [...earlier, candidate], openDir);
  await writeReports(openDir, record, comparison);
  const dir = await publishRun(openDir, record);
  return { record, dir, errors: outcome.errors, candidate, comparison };
}

/** A load that only rises shows nothing of a recovery: the target is watched for a moment after it. */
const watchedMs = 10_000;

/** Undefined where the load itself comes down again, or a person ended it. */
async function calmAfter(
  plan: Plan,
  script: ScriptPlan,
  url: string,
  stop: AbortSignal,
): Promise<number | null | undefined> {
  if (plan.profile !== 'breakpoint' || stop.aborted) return undefined;
  const limits = limitsOf(script)['http_req_duration'] ?? [];
  const p95 = limits.flatMap((limit) => /^\s*p\(95\)\s*<=?\s*([\d.]+)\s*$/.exec(limit)?.[1] ?? []).map(Number);
  return untilCalm(url, { quickMs: Math.min(1000, ...p95), longestMs: watchedMs, stop });
}

const limitsOf = ({ options }: ScriptPlan): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(options.thresholds ?? {}).map(([metric, limits]) => [
      metric,
      limits.map((limit) => (typeof limit === 'string' ? limit : limit.threshold)),
    ]),
  );

/** `--scenario` takes any file of scenarios/; the script must list it, or it would fail in the engine. */
function requireInBundle(plan: Plan, inputs: readonly string[]): void {
  const missing = plan.scenarios.find(
    (name) => !inputs.includes(path.join(plan.projectDir, 'scenarios', `${name}.ts`)),
  );
  if (missing === undefined) return;
  throw new LoadError('config.invalid', `scenarios/load.ts does not import the scenario "${missing}"`, {
    hint: `Add it there: import ${missing.replace(/-(\w)/g, (_, c: string) => c.toUpperCase())} from './${missing}.ts'`,
  });
}

async function useTarget(
  plan: Plan,
  cleanups: (() => void | Promise<void>)[],
): Promise<{ url: string; metricsUrl: string | null }> {
  const { baseUrl, metricsUrl } = plan.target;
  if (baseUrl !== null) return { url: baseUrl, metricsUrl };
  const target = await startLocalTarget();
  cleanups.push(() => target.stop());
  return { url: target.url, metricsUrl: metricsUrl ?? target.metricsUrl };
}

/** The load comes from a cluster: a target that only the cluster reaches is fine. */
async function probeFirst(
  plan: Plan,
  url: string,
  stop: AbortSignal,
  observer: RunObserver,
): Promise<TargetHealth | undefined> {
  try {
    return await probeTarget(url, stop);
  } catch (error) {
    if (plan.engine !== 'operator' || stop.aborted) throw error;
    observer.onNotice(
      `From here the target cannot be reached; the pods will say whether it can from there: ${messageOf(error)}`,
    );
    return undefined;
  }
}

/** Without metrics that answer there is no metrics scenario, unless the plan insists on it. */
async function usableScenarios(
  plan: Plan,
  metricsUrl: string | null,
  stop: AbortSignal,
  observer: RunObserver,
): Promise<readonly string[]> {
  if (!plan.scenarios.includes('metrics') || metricsUrl === null) return plan.scenarios;
  const rest = plan.scenarios.filter((name) => name !== 'metrics');
  try {
    await fetchMetrics(metricsUrl, stop);
    return plan.scenarios;
  } catch (error) {
    if (plan.scenariosNamed || plan.target.metrics === 'required' || rest.length === 0) throw error;
    observer.onNotice(`The metrics scenario is left out: ${messageOf(error)}`);
    return rest;
  }
}
