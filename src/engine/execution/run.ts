/** The life of a run: load, init, setup, scenarios, teardown, thresholds, summary, outputs, exit code. */
import { ExitCode, type ExitCodeValue } from '../contracts/errors.ts';
import { ScriptError, type StageRunner } from '../contracts/vu.ts';
import { type Clock, systemClock } from '../executors/clock.ts';
import { describeScenario, requirements, scenarioDuration } from '../executors/index.ts';
import { parseSegment, type Split } from '../executors/segment.ts';
import { crossedMessage, MetricsEngine } from '../metrics/index.ts';
import { formatDuration } from '../options/duration.ts';
import { createOutputs, type OutputManager } from '../outputs/index.ts';
import { type ExecutionState, executionCallHandlers } from './call-ops.ts';
import { RunCounters } from './counters.ts';
import { GeneratorHealth } from './generator-health.ts';
import { type LoadedTest, loadTest } from './load-test.ts';
import { SegmentRun } from './segment-run.ts';
import { reportSummary } from './summary.ts';
import type { EngineLog, RunObserver, RunPhase, RunStatus, RunStreams, TestRequest } from './types.ts';
import { Verdict } from './verdict.ts';

/** How often `vus` and `vus_max` are sampled, threads merged and the generator read, in milliseconds. */
const SAMPLE_INTERVAL = 1000;
const PROGRESS_INTERVAL = 100;

export interface RunContext {
  readonly log: EngineLog;
  readonly observer: RunObserver;
  readonly streams: RunStreams;
  readonly version: string;
  /** The process environment: outputs are configured by it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One run of a test. `stop` may be called at any time, from a signal handler or the REST API. */
export class TestRun {
  readonly #request: TestRequest;
  readonly #context: RunContext;
  readonly #clock: Clock = systemClock;
  readonly #verdict = new Verdict();
  readonly #health = new GeneratorHealth();
  readonly #state: ExecutionState;
  #phase: RunPhase = 'init';
  #segment: SegmentRun | undefined;
  #stopReason: string | undefined;
  #resume: (() => void) | undefined;
  #paused = false;

  constructor(request: TestRequest, context: RunContext) {
    this.#request = request;
    this.#context = context;
    this.#state = {
      clock: this.#clock,
      counters: undefined,
      optionsJson: undefined,
      startedAt: undefined,
      onAbort: (message) => {
        this.#log('error', message);
        // k6 ends with 0 when setup itself aborts the test.
        if (this.#phase !== 'setup') this.#verdict.fail(ExitCode.scriptAborted);
        this.#stop('test aborted');
      },
      onFail: (message) => {
        this.#log('error', `test marked as failed: ${message}`);
        this.#verdict.markFailed();
      },
    };
  }

  /** Ends the run early, gracefully: teardown and summary follow. */
  stop(code: ExitCodeValue, reason: string): void {
    this.#verdict.fail(code);
    this.#stop(reason);
  }

  /** Lets a run that was started paused begin. */
  resume(): void {
    this.#resume?.();
  }

  get paused(): boolean {
    return this.#paused;
  }

  status(): RunStatus {
    const { counters, startedAt } = this.#state;
    return {
      phase: this.#phase,
      elapsed: startedAt === undefined ? 0 : this.#clock.now() - startedAt,
      vusActive: counters?.get('vusActive') ?? 0,
      vusInitialized: counters?.get('vusInitialized') ?? 0,
      iterationsCompleted: counters?.get('iterationsCompleted') ?? 0,
      iterationsInterrupted: counters?.get('iterationsInterrupted') ?? 0,
      scenarios: this.#segment?.status() ?? [],
    };
  }

  /** @throws EngineError when the run could not begin */
  async run(): Promise<ExitCodeValue> {
    const test = await loadTest(this.#request, {
      callHandlers: executionCallHandlers(this.#state),
      log: this.#context.log,
      inspectOnly: false,
    });
    try {
      return await this.#runLoaded(test);
    } finally {
      await test.factory.dispose();
    }
  }

  async #runLoaded(test: LoadedTest): Promise<ExitCodeValue> {
    const { options, factory } = test;
    const { runtime } = this.#request;
    const instance = parseSegment(options.executionSegment, options.executionSegmentSequence);
    const outputs = createOutputs([...test.outputs], {
      env: this.#context.env,
      version: this.#context.version,
      systemTags: options.systemTags,
      thresholds: options.thresholds,
      log: this.#context.log,
      now: () => this.#clock.wall(this.#clock.now()),
    });
    const metrics = new MetricsEngine({
      thresholds: options.thresholds,
      noThresholds: runtime.noThresholds,
      systemTags: options.systemTags,
      sections: runtime.summaryMode === 'full',
      consumer: outputs,
      log: this.#context.log,
      now: () => this.#clock.now(),
    });
    for (const { name, type, contains } of factory.metrics) metrics.local.metric(name, type, contains);
    metrics.bindThresholds();
    const counters = new RunCounters(options.scenarios.length);
    this.#state.counters = counters;
    this.#state.optionsJson = test.json;
    factory.configure(options, metrics.local);
    this.#describe(test, instance, outputs);
    await outputs.start();

    const segment = new SegmentRun({
      factory,
      options,
      clock: this.#clock,
      counters,
      instance,
      split: instance,
      onDropped: (scenario, time) =>
        metrics.emit('dropped_iterations', 1, time, this.#scenarioTags(metrics, options.systemTags, scenario)),
      log: this.#context.log,
    });
    this.#segment = segment;
    const ticker = setInterval(() => this.#context.observer.progress(this.status()), PROGRESS_INTERVAL);
    let setupData: string | undefined;
    let measured = 0;
    let loadMs = 0;
    try {
      await segment.init();
      if (options.paused) await this.#waitForResume();
      this.#state.startedAt = this.#clock.now();
      metrics.start((message) => {
        this.#log('error', message);
        this.stop(ExitCode.thresholdsCrossed, 'threshold');
      });
      this.#health.start();
      const sampler = setInterval(() => this.#sample(metrics, outputs, test, counters), SAMPLE_INTERVAL);
      try {
        const setup = await this.#stage(test, 'setup', undefined, options.noSetup, options.setupTimeout);
        setupData = setup.data;
        factory.setSetupData(setupData);
        if (this.#stopReason === undefined) {
          this.#phase = 'running';
          const loadStart = this.#clock.now();
          outputs.loadBegins(this.#clock.wall(loadStart));
          await segment.run();
          loadMs = this.#clock.now() - loadStart;
        }
        if (setup.ok) await this.#stage(test, 'teardown', setupData, options.noTeardown, options.teardownTimeout);
      } finally {
        clearInterval(sampler);
        measured = this.#clock.now() - this.#state.startedAt;
      }
    } finally {
      clearInterval(ticker);
      this.#health.stop();
      segment.dispose();
    }
    this.#phase = 'done';
    this.#context.observer.ended(this.status());
    return this.#conclude(test, metrics, outputs, { setupData, measured, loadMs });
  }

  async #conclude(
    test: LoadedTest,
    metrics: MetricsEngine,
    outputs: OutputManager,
    {
      setupData,
      measured,
      loadMs,
    }: { readonly setupData: string | undefined; readonly measured: number; readonly loadMs: number },
  ): Promise<ExitCodeValue> {
    const { crossed } = metrics.finish();
    const alreadyTold = this.#verdict.exitCode === ExitCode.thresholdsCrossed;
    if (crossed.length > 0) this.#verdict.crossThresholds();
    const { runtime } = this.#request;
    await reportSummary({
      test,
      metrics,
      runtime,
      streams: this.#context.streams,
      durationMs: measured,
      setupData,
      log: this.#context.log,
    });
    await outputs.stop({
      exitCode: this.#verdict.exitCode,
      interrupted: this.#stopReason !== undefined,
      thresholds: metrics.thresholds(),
      checks: metrics.local.checks.state().checks,
      durationMs: loadMs,
    });
    if (crossed.length > 0 && !alreadyTold) this.#log('error', crossedMessage(crossed));
    if (this.#verdict.markedFailed) this.#log('error', 'test run was marked as failed');
    return this.#verdict.exitCode;
  }

  /** Runs setup or teardown, when the script has it and nobody switched it off. */
  async #stage(
    test: LoadedTest,
    name: 'setup' | 'teardown',
    data: string | undefined,
    skipped: boolean,
    timeout: number,
  ): Promise<{ readonly ok: boolean; readonly data: string | undefined }> {
    if (skipped || !test.factory.exports.has(name)) return { ok: true, data: undefined };
    if (name === 'setup' && this.#stopReason !== undefined) return { ok: true, data: undefined };
    this.#phase = name;
    let stage: StageRunner | undefined;
    try {
      stage = await test.factory.stage();
      return { ok: true, data: await stage.run(name, data, timeout) };
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      if (error.kind === 'aborted') return { ok: true, data: undefined };
      const timedOut = error.kind === 'timeout';
      const timeoutCode = name === 'setup' ? ExitCode.setupTimeout : ExitCode.teardownTimeout;
      this.#log(
        'error',
        timedOut ? `${name}() execution timed out after ${formatDuration(timeout)}` : error.message,
        timedOut ? { hint: `You can increase the time limit via the ${name}Timeout option` } : undefined,
      );
      this.stop(timedOut ? timeoutCode : ExitCode.scriptException, `${name} failed`);
      return { ok: false, data: undefined };
    } finally {
      stage?.dispose();
    }
  }

  #sample(metrics: MetricsEngine, outputs: OutputManager, test: LoadedTest, counters: RunCounters): void {
    const time = this.#clock.wall(this.#clock.now());
    metrics.emit('vus', counters.get('vusActive'), time);
    metrics.emit('vus_max', counters.get('vusInitialized'), time);
    outputs.addReading({
      ...this.#health.read(),
      lateIterations: counters.get('lateIterations'),
      distortions: test.factory.distortions(),
      plannedRate: null,
    });
  }

  #scenarioTags(metrics: MetricsEngine, systemTags: readonly string[], scenario: string) {
    const { root } = metrics.local.tagSpace;
    return systemTags.includes('scenario') ? root.with('scenario', scenario) : root;
  }

  #describe(test: LoadedTest, split: Split, outputs: OutputManager): void {
    const { maxVUs, duration } = requirements(test.options.scenarios, split);
    this.#context.observer.described({
      script: test.label,
      outputs: outputs.description,
      scenarios: test.options.scenarios.map((scenario) => ({
        name: scenario.name,
        text: describeScenario(scenario, split),
        duration: scenarioDuration(scenario),
        executor: scenario.executor,
      })),
      maxVUs,
      maxDuration: duration,
      strategy: test.factory.strategy,
      threads: 1,
    });
  }

  async #waitForResume(): Promise<void> {
    this.#phase = 'paused';
    this.#paused = true;
    await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#paused = false;
  }

  #stop(reason: string): void {
    this.#stopReason ??= reason;
    this.#verdict.interrupt();
    this.#segment?.stop(reason);
    this.#resume?.();
  }

  #log(level: 'warning' | 'error', message: string, fields?: Readonly<Record<string, string>>): void {
    this.#context.log(level, message, fields);
  }
}
