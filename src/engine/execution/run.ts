/** The life of a run: load, init, setup, scenarios, teardown, thresholds, summary, outputs, exit code. */
import { flushOutbox } from '../http/outbox.ts';
import { ExitCode, type ExitCodeValue } from '../contracts/errors.ts';
import { ScriptError } from '../contracts/vu.ts';
import { systemClock } from '../executors/clock.ts';
import { lastsLong, requirements } from '../executors/index.ts';
import { makeSplit, parseSegment, type Split } from '../executors/segment.ts';
import { crossedMessage, MetricsEngine } from '../metrics/index.ts';
import { secrets } from '../ops/secrets.ts';
import { createOutputs, type OutputManager } from '../outputs/index.ts';
import { type SummaryData, summaryData } from '../summary/index.ts';
import { executionCallHandlers } from './call-ops.ts';
import { describeRun } from './describe-run.ts';
import { RunCounters } from './counters.ts';
import { GeneratorHealth } from './generator-health.ts';
import { type LoadedTest, loadTest } from './load-test.ts';
import { makeThreads } from './make-threads.ts';
import { RunState } from './run-state.ts';
import { debugging } from '../vu/debug-code.ts';
import { type StageEnd, type StageName, Stages } from './stages.ts';
import { reportSummary, summaryInput } from './summary.ts';
import { plannedRate } from './planned-rate.ts';
import type { ThreadGroup } from './threads.ts';
import type { EngineLog, RunObserver, RunPhase, RunStatus, RunStreams, TestRequest } from './types.ts';
import { Verdict } from './verdict.ts';
import { mayHoldItsThread, Watchdog } from './watchdog.ts';

/** How often `vus` and `vus_max` are sampled and the generator is read, in milliseconds. */
const SAMPLE_INTERVAL = 1000;
const PROGRESS_INTERVAL = 100;
/** A run that is over sooner needs no watching thread (milliseconds). */
const WATCH_AFTER = 200;

export interface RunContext {
  readonly log: EngineLog;
  readonly observer: RunObserver;
  readonly streams: RunStreams;
  readonly version: string;
  /** The process environment: outputs are configured by it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the load left behind. */
interface LoadResult {
  /** JSON text of what setup returned. */
  readonly setupData: string | undefined;
  /** Milliseconds from the start to the end of the load, setup and teardown included, as k6 counts. */
  readonly durationMs: number;
}

/** One run of a test. `stop` may be called at any time, from a signal handler or the REST API. */
export class TestRun {
  readonly #request: TestRequest;
  readonly #context: RunContext;
  readonly #clock = systemClock;
  readonly #verdict = new Verdict();
  readonly #health = new GeneratorHealth();
  readonly #state: RunState;
  readonly #watchdog: Watchdog;
  readonly #stages: Stages;
  #phase: RunPhase = 'init';
  #instance: Split = makeSplit();
  #threads: ThreadGroup | undefined;
  #test: LoadedTest | undefined;
  #metrics: MetricsEngine | undefined;
  /** Monotonic time at which the scenarios began. */
  #loadAt: number | undefined;
  #stopReason: string | undefined;
  #epilogue: string | undefined;
  #setupData: string | undefined;
  /** The REST API was given setup data, or ran setup. */
  #replaced = false;
  #resume: (() => void) | undefined;

  constructor(request: TestRequest, context: RunContext) {
    this.#request = request;
    this.#context = context;
    this.#watchdog = new Watchdog(() => {
      // What the interrupted code was part of may still end in a rejection that nobody is left to take.
      process.on('unhandledRejection', (error) => {
        if (!(error instanceof ScriptError)) throw error;
      });
      flushOutbox();
      this.#stages.interrupted();
      this.#context.log(
        'error',
        'the script did not give way to anything else past its time and was interrupted: an endless loop?',
      );
    });
    this.#stages = new Stages(this.#watchdog, this.#clock, context.log, (code, reason) => {
      this.stop(code, reason);
    });
    this.#state = new RunState(
      this.#clock,
      (message) => this.#abortedByScript(message),
      (message) => this.#failedByScript(message),
    );
  }

  /**
   * Ends the run early, gracefully: teardown and summary follow.
   * @param epilogue logged as an error when all is over
   */
  stop(code: ExitCodeValue, reason: string, epilogue?: string): void {
    if (!this.#verdict.failed) this.#epilogue = epilogue;
    this.#verdict.fail(code);
    this.#end(reason);
  }

  /** Lets a run that was started paused begin. */
  resume(): void {
    this.#resume?.();
  }

  status(): RunStatus {
    const { counters } = this.#state;
    return {
      phase: this.#phase,
      stopped: this.#stopReason !== undefined,
      elapsed: this.#state.elapsed(),
      vusActive: counters?.get('vusActive') ?? 0,
      vusInitialized: counters?.get('vusInitialized') ?? 0,
      iterationsCompleted: counters?.get('iterationsCompleted') ?? 0,
      iterationsInterrupted: counters?.get('iterationsInterrupted') ?? 0,
      scenarios: this.#threads?.status() ?? [],
    };
  }

  /** JSON text of what setup returned; undefined before and for nothing. */
  get setupData(): string | undefined {
    return this.#setupData;
  }

  /** @returns false when VUs of other threads could not be given other data any more */
  replaceSetupData(json: string | undefined): boolean {
    if (this.#phase === 'running' && (this.#threads?.size ?? 0) > 1) return false;
    this.#setupData = json;
    this.#replaced = true;
    this.#test?.factory.setSetupData(json);
    return true;
  }

  /**
   * Runs setup or teardown once more, or although `--no-setup` or `--no-teardown` was given.
   * @throws ScriptError as the script throws
   */
  async runStage(name: StageName): Promise<string | undefined> {
    const { factory, options } = this.#test ?? {};
    if (factory === undefined || options === undefined) throw new ScriptError('the script is not loaded yet', 'init');
    if (!factory.exports.has(name)) return undefined;
    const stage = await factory.stage();
    return stage.run(name, name === 'setup' ? undefined : this.#setupData, options[`${name}Timeout`]);
  }

  /** The summary as it would be now; undefined before the script is loaded. */
  snapshot(): SummaryData | undefined {
    if (!this.#test || !this.#metrics) return undefined;
    return summaryData(
      summaryInput({
        test: this.#test,
        metrics: this.#metrics,
        runtime: this.#request.runtime,
        streams: this.#context.streams,
        durationMs: this.#state.elapsed(),
        setupData: undefined,
      }),
    );
  }

  /** @throws EngineError when the run could not begin */
  async run(): Promise<ExitCodeValue> {
    const test = await loadTest(this.#request, {
      callHandlers: executionCallHandlers(this.#state),
      log: this.#context.log,
      inspectOnly: false,
    });
    try {
      const outputs = this.#makeOutputs(test);
      const metrics = this.#makeMetrics(test, outputs);
      const counters = RunCounters.forScenarios(test.options.scenarios.length);
      this.#state.counters = counters;
      this.#state.optionsJson = test.json;
      const instance = parseSegment(test.options.executionSegment, test.options.executionSegmentSequence);
      const threads = makeThreads({
        test,
        metrics,
        instance,
        counters,
        runtime: this.#request.runtime,
        state: this.#state,
        health: this.#health,
        clock: this.#clock,
        log: this.#context.log,
        onCrash: ({ message, exitCode }) => {
          this.#context.log('error', message);
          this.stop(exitCode, 'an engine thread failed');
        },
      });
      this.#threads = threads;
      this.#test = test;
      this.#instance = instance;
      this.#metrics = metrics;
      this.#describe(test, instance, outputs, threads);
      await outputs.start();
      const load = await this.#load(test, metrics, outputs, threads).finally(() => threads.dispose());
      this.#phase = 'done';
      this.#context.observer.ended();
      const exitCode = await this.#conclude(test, metrics, outputs, load);
      if (test.options.linger && this.#stopReason === undefined) await this.#linger();
      return exitCode;
    } finally {
      await test.factory.dispose();
      secrets.close();
    }
  }

  #makeOutputs(test: LoadedTest): OutputManager {
    return createOutputs(test.outputs, {
      env: this.#context.env,
      version: this.#context.version,
      systemTags: test.options.systemTags,
      thresholds: test.options.thresholds,
      nativeHistograms: test.options.features.includes('native-histograms'),
      log: this.#context.log,
      now: () => this.#clock.wall(this.#clock.now()),
    });
  }

  #makeMetrics({ options, factory }: LoadedTest, outputs: OutputManager): MetricsEngine {
    const { runtime } = this.#request;
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
    return metrics;
  }

  async #load(
    test: LoadedTest,
    metrics: MetricsEngine,
    outputs: OutputManager,
    threads: ThreadGroup,
  ): Promise<LoadResult> {
    const { options } = test;
    // Once something holds the thread it is too late to begin watching; a script that cannot do that may wait a little.
    // A script that stands at a breakpoint is not stuck.
    const watched = !debugging();
    if (watched && mayHoldItsThread(test.program.code)) void this.#watchdog.start();
    const timers = [
      setTimeout(() => {
        if (watched) void this.#watchdog.start();
      }, WATCH_AFTER),
      setInterval(() => this.#context.observer.progress(this.status()), PROGRESS_INTERVAL),
    ];
    try {
      // The watching thread would start in the load's first moments.
      const waits = watched && lastsLong(options.scenarios);
      await Promise.all([threads.init(), waits ? this.#watchdog.start() : undefined]);
      if (options.paused) await this.#waitForResume();
      const start = this.#state.start();
      metrics.start((message) => {
        this.#context.log('error', message);
        this.stop(ExitCode.thresholdsCrossed, 'threshold');
      });
      this.#health.start();
      timers.push(setInterval(() => this.#sample(metrics, outputs, threads), SAMPLE_INTERVAL));
      const setup = await this.#stage(test, 'setup', undefined, options.noSetup, options.setupTimeout);
      // What the REST API was told is not undone by a setup that was switched off.
      const data = this.#replaced && options.noSetup ? this.#setupData : setup.data;
      this.#setupData = data;
      if (this.#stopReason === undefined) {
        this.#phase = 'running';
        outputs.loadBegins(this.#clock.wall(this.#clock.now()));
        this.#watchdog.setDeadline(requirements(options.scenarios, makeSplit()).duration);
        this.#loadAt = this.#clock.now();
        await threads.run(data, this.#clock.wall(this.#loadAt));
      }
      if (setup.ok) await this.#stage(test, 'teardown', this.#setupData, options.noTeardown, options.teardownTimeout);
      return { setupData: this.#setupData, durationMs: this.#clock.now() - start };
    } finally {
      for (const timer of timers) clearInterval(timer);
      this.#health.stop();
      await this.#watchdog.stop();
    }
  }

  async #conclude(
    test: LoadedTest,
    metrics: MetricsEngine,
    outputs: OutputManager,
    { setupData, durationMs }: LoadResult,
  ): Promise<ExitCodeValue> {
    const { log, streams } = this.#context;
    if (this.#stopReason === undefined && this.#state.counters?.get('iterationsCompleted') === 0) {
      log('warning', 'No script iterations fully finished, consider making the test duration longer');
    }
    const { crossed } = metrics.finish();
    const alreadyTold = this.#verdict.exitCode === ExitCode.thresholdsCrossed;
    if (crossed.length > 0) this.#verdict.crossThresholds();
    await reportSummary({ test, metrics, runtime: this.#request.runtime, streams, durationMs, setupData, log });
    this.#context.observer.closed(this.status());
    await outputs.stop({
      exitCode: this.#verdict.exitCode,
      interrupted: this.#stopReason !== undefined,
      thresholds: metrics.thresholds(),
      checks: metrics.local.checks.state().checks,
      // A service may say what it was sent: what the script has from k6/secrets stays out.
      failures: metrics.local.failures
        .drain()
        .map((example) => ({ ...example, url: secrets.redact(example.url), body: secrets.redact(example.body) })),
      durationMs,
    });
    const { exitCode } = this.#verdict;
    // What decided the exit code is told last, and only that.
    if (crossed.length > 0 && !alreadyTold) {
      log(exitCode === ExitCode.thresholdsCrossed ? 'error' : 'debug', crossedMessage(crossed));
    }
    if (exitCode === ExitCode.markedFailed) log('error', 'test run was marked as failed');
    if (this.#epilogue !== undefined) log('error', this.#epilogue);
    return exitCode;
  }

  /** Runs setup or teardown, when the script has it and nobody switched it off. */
  async #stage(
    { factory }: LoadedTest,
    name: StageName,
    data: string | undefined,
    skipped: boolean,
    timeout: number,
  ): Promise<StageEnd> {
    const tooLate = name === 'setup' && this.#stopReason !== undefined;
    if (skipped || tooLate || !factory.exports.has(name)) return { ok: true, data: undefined };
    this.#phase = name;
    return this.#stages.run(factory, name, data, timeout);
  }

  #sample(metrics: MetricsEngine, outputs: OutputManager, threads: ThreadGroup): void {
    const time = this.#clock.wall(this.#clock.now());
    metrics.emit('vus', this.#state.counters?.get('vusActive') ?? 0, time);
    metrics.emit('vus_max', this.#state.counters?.get('vusInitialized') ?? 0, time);
    outputs.addReading({
      ...threads.health(),
      lateIterations: this.#state.counters?.get('lateIterations') ?? 0,
      distortions: threads.distortions(),
      plannedRate:
        this.#test === undefined || this.#loadAt === undefined
          ? null
          : plannedRate(this.#test.options.scenarios, this.#instance, this.#clock.now() - this.#loadAt),
    });
  }

  #describe(test: LoadedTest, split: Split, outputs: OutputManager, threads: ThreadGroup): void {
    const { mode, reasons } = test.factory.strategy;
    const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
    this.#context.log('debug', `running in ${mode} mode on ${threads.size} thread(s)${why}`);
    this.#context.observer.described(describeRun(test, split, outputs.description));
  }

  async #waitForResume(): Promise<void> {
    this.#phase = 'paused';
    await new Promise<void>((resolve) => (this.#resume = resolve));
  }

  /** Stays for the REST API's sake until somebody stops it. */
  async #linger(): Promise<void> {
    this.#context.log('info', 'The test is done, but --linger was set: waiting for Ctrl+C');
    const alive = setInterval(() => undefined, 60_000);
    await new Promise<void>((resolve) => (this.#resume = resolve));
    clearInterval(alive);
  }

  #abortedByScript(message: string): void {
    this.#context.log('error', message);
    // k6 ends with 0 when setup itself aborts the test.
    if (this.#phase !== 'setup') this.#verdict.fail(ExitCode.scriptAborted);
    this.#end('test aborted');
  }

  #failedByScript(message: string): void {
    this.#context.log('error', `test marked as failed: ${message}`);
    this.#verdict.markFailed();
  }

  #end(reason: string): void {
    this.#stopReason ??= reason;
    this.#threads?.stop(reason);
    this.#resume?.();
  }
}
