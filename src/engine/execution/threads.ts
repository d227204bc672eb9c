/** The engine threads of a run: this one and, when the load asks for it, workers that own a part of it. */
import os from 'node:os';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { type Division, makeSplit, type Split } from '../executors/segment.ts';
import { requirements } from '../executors/index.ts';
import { peakRate } from '../executors/rates.ts';
import type { MetricsEngine, MetricsPlan } from '../metrics/index.ts';
import type { Options, RuntimeConfig, Scenario } from '../options/types.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { secrets } from '../ops/secrets.ts';
import { distFile } from './dist-file.ts';
import type { HealthReading } from './generator-health.ts';
import type { SegmentRun, ScenarioStatus } from './segment-run.ts';
import type { EngineLog } from './types.ts';
import type { SharedDataImage } from '../ops/shared-data.ts';

/** One thread's part of the run, wherever it lives. */
export interface EngineThread {
  init(): Promise<void>;
  /** @param startAt wall-clock milliseconds, the same for all threads */
  run(setupData: string | undefined, startAt: number): Promise<void>;
  stop(reason: string): void;
  status(): readonly ScenarioStatus[];
  /** How the thread fared since it was last asked. */
  health(): HealthReading;
  distortions(): number;
  dispose(): Promise<void>;
}

/** What a worker is started with. */
export interface ThreadSetup {
  readonly number: number;
  readonly program: ScriptProgram;
  readonly options: Options;
  readonly optionsJson: Readonly<Record<string, unknown>>;
  readonly runtime: RuntimeConfig;
  readonly plan: MetricsPlan;
  readonly counters: SharedArrayBuffer;
  readonly instance: readonly Division[];
  readonly split: readonly Division[];
  /** See `RunState`. */
  readonly startMemory: SharedArrayBuffer;
  /** See `VuFactoryInput`. */
  readonly rateState: SharedArrayBuffer;
  /** The script's SharedArrays, as the main thread built them. */
  readonly sharedData: SharedDataImage;
}

export type ToThread =
  | { readonly type: 'init' }
  | { readonly type: 'run'; readonly setupData: string | undefined; readonly startAt: number }
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'dispose' };

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'done' }
  | { readonly type: 'disposed' }
  | { readonly type: 'failed'; readonly message: string; readonly exitCode: EngineError['exitCode'] }
  | { readonly type: 'log'; readonly args: Parameters<EngineLog> }
  | { readonly type: 'abort' | 'fail'; readonly message: string }
  | {
      readonly type: 'report';
      readonly delta: Parameters<MetricsEngine['merge']>[1];
      readonly status: readonly ScenarioStatus[];
      readonly health: HealthReading;
      readonly distortions: number;
    };

/** One thread carries about this much before a second one pays. */
const RATE_PER_THREAD = 10_000;
const VUS_PER_THREAD = 5000;

/**
 * How many threads a run gets when nobody says: one, unless the arrival rates or the number of VUs it plans are beyond
 * what one thread carries well; never more than there are cores. Exact mode has threads of its own.
 */
export function chooseThreads(
  scenarios: readonly Scenario[],
  split: Split,
  mode: 'fast' | 'exact',
  wanted: number | undefined,
): number {
  const cores = os.availableParallelism();
  const { maxVUs } = requirements(scenarios, split);
  const most = Math.max(1, Math.min(cores, maxVUs));
  if (wanted !== undefined) return Math.min(wanted, most);
  if (mode === 'exact') return 1;
  const rate = scenarios.reduce((sum, scenario) => sum + peakRate(scenario), 0);
  return Math.min(most, Math.max(1, Math.ceil(rate / RATE_PER_THREAD), Math.ceil(maxVUs / VUS_PER_THREAD)));
}

/** The part of the run on the calling thread. */
export function localThread(
  segment: SegmentRun,
  control: {
    setSetupData(data: string | undefined): void;
    health(): HealthReading;
    distortions(): number;
  },
): EngineThread {
  return {
    init: () => segment.init(),
    run(setupData, startAt) {
      control.setSetupData(setupData);
      return segment.run(startAt - performance.timeOrigin);
    },
    stop: (reason) => segment.stop(reason),
    status: () => segment.status(),
    health: () => control.health(),
    distortions: () => control.distortions(),
    dispose: () => segment.dispose(),
  };
}

export interface WorkerEvents {
  readonly log: EngineLog;
  readonly onAbort: (message: string) => void;
  readonly onFail: (message: string) => void;
  readonly onReport: (delta: Parameters<MetricsEngine['merge']>[1]) => void;
  /** The thread is gone in the middle of the load; what it reported until then counts. */
  readonly onCrash: (error: EngineError) => void;
}

/** How long a thread may take to end after its time (milliseconds). */
const LAST_WORDS_MS = 3000;
const LONGEST_TIMER = 2 ** 31 - 1;
const IDLE: HealthReading = { lagP99: 0, lagMax: 0, cpu: 0 };

/** The part of the run in a worker. */
export class WorkerThread implements EngineThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<FromThread['type'], { resolve: () => void; reject: (error: Error) => void }>();
  #status: readonly ScenarioStatus[] = [];
  #health = IDLE;
  #distortions = 0;
  #giveUp: NodeJS.Timeout | undefined;
  /** It is gone, or was told to go: nothing more is expected of it. */
  #gone = false;
  readonly #setup: ThreadSetup;
  readonly #events: WorkerEvents;

  constructor(setup: ThreadSetup, events: WorkerEvents) {
    this.#setup = setup;
    this.#events = events;
    this.#worker = new Worker(distFile('engine-thread.js'), { workerData: setup });
    this.#worker.on('message', (message: FromThread) => this.#receive(message, events));
    this.#worker.on('error', (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(new EngineError(`engine thread ${setup.number} failed: ${reason}`, ExitCode.panic));
    });
    this.#worker.on('exit', (code) => {
      this.#fail(new EngineError(`engine thread ${setup.number} ended with code ${code}`, ExitCode.panic));
    });
  }

  init(): Promise<void> {
    return this.#ask({ type: 'init' }, 'ready');
  }

  async run(setupData: string | undefined, startAt: number): Promise<void> {
    const { duration } = requirements(this.#setup.options.scenarios, makeSplit());
    this.#giveUpAt(startAt - performance.timeOrigin + duration);
    await this.#ask({ type: 'run', setupData, startAt }, 'done');
    clearTimeout(this.#giveUp);
  }

  stop(reason: string): void {
    if (this.#gone) return;
    this.#post({ type: 'stop', reason });
    this.#giveUpAt(performance.now());
  }

  /** A thread whose script never gives way cannot be asked to stop; what it reported until then counts. */
  #giveUpAt(time: number): void {
    clearTimeout(this.#giveUp);
    const wait = Math.min(time - performance.now() + LAST_WORDS_MS, LONGEST_TIMER);
    this.#giveUp = setTimeout(() => {
      const message = `the script on engine thread ${this.#setup.number} did not give way past its time and was ended: an endless loop?`;
      this.#events.log('error', message);
      this.#gone = true;
      void this.#worker.terminate();
      this.#waitNoLonger();
    }, wait);
  }

  status(): readonly ScenarioStatus[] {
    return this.#status;
  }

  health(): HealthReading {
    return this.#health;
  }

  distortions(): number {
    return this.#distortions;
  }

  async dispose(): Promise<void> {
    if (this.#gone) return;
    this.#giveUpAt(performance.now());
    await this.#ask({ type: 'dispose' }, 'disposed').catch(() => undefined);
    clearTimeout(this.#giveUp);
    this.#gone = true;
    await this.#worker.terminate();
  }

  #ask(message: ToThread, answer: FromThread['type']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(answer, { resolve, reject });
      this.#post(message);
    });
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromThread, events: WorkerEvents): void {
    switch (message.type) {
      case 'ready':
      case 'done':
      case 'disposed':
        this.#waiting.get(message.type)?.resolve();
        this.#waiting.delete(message.type);
        break;
      case 'failed':
        this.#fail(new EngineError(message.message, message.exitCode));
        break;
      case 'log': {
        // What set-up has taken on this thread, the script may print on another.
        const [level, text, fields] = message.args;
        events.log(level, secrets.redact(text), fields);
        break;
      }
      case 'abort':
        events.onAbort(message.message);
        break;
      case 'fail':
        events.onFail(message.message);
        break;
      case 'report':
        this.#status = message.status;
        this.#health = message.health;
        this.#distortions = message.distortions;
        events.onReport(message.delta);
        break;
    }
  }

  #fail(error: EngineError): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#giveUp);
    if (this.#waiting.has('done')) {
      this.#waitNoLonger();
      this.#events.onCrash(error);
      return;
    }
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #waitNoLonger(): void {
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}

/** All threads as one. */
export class ThreadGroup implements EngineThread {
  readonly #threads: readonly EngineThread[];

  constructor(threads: readonly EngineThread[]) {
    this.#threads = threads;
  }

  get size(): number {
    return this.#threads.length;
  }

  async init(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.init()));
  }

  async run(setupData: string | undefined, startAt: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.run(setupData, startAt)));
  }

  stop(reason: string): void {
    for (const thread of this.#threads) thread.stop(reason);
  }

  status(): readonly ScenarioStatus[] {
    const [first = [], ...others] = this.#threads.map((thread) => thread.status());
    return first.map((own, index) => {
      const all = [own, ...others.flatMap((status) => status[index] ?? [])];
      return {
        ...own,
        vus: all.reduce((sum, { vus }) => sum + vus, 0),
        progress: all.reduce((sum, { progress }) => sum + progress, 0) / all.length,
        state: all.every(({ state }) => state === 'done') ? 'done' : own.state === 'done' ? 'running' : own.state,
      };
    });
  }

  /** Of the thread that fared worst. */
  health(): HealthReading {
    const all = this.#threads.map((thread) => thread.health());
    return {
      lagP99: Math.max(...all.map(({ lagP99 }) => lagP99)),
      lagMax: Math.max(...all.map(({ lagMax }) => lagMax)),
      cpu: Math.max(...all.map(({ cpu }) => cpu)),
    };
  }

  distortions(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.distortions(), 0);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.dispose()));
  }
}
