/** The scenarios of a run on one thread: the main thread's, or a further one's. */
import type { TagSet } from '../contracts/metrics.ts';
import type { IterationOutcome, LeaseTerms, ScenarioContext, VuFactory } from '../contracts/vu.ts';
import type { Clock } from '../executors/clock.ts';
import { lastsLong, requirements, startScenario } from '../executors/index.ts';
import { peakRate } from '../executors/rates.ts';
import { shareOf, type Split } from '../executors/segment.ts';
import type { ExecutorHost, ExecutorRun, ExecutorStatus } from '../executors/types.ts';
import type { Options, Scenario } from '../options/types.ts';
import type { RunCounters } from './counters.ts';
import { settleHeap } from './lean-heap.ts';
import { Rests } from './rests.ts';
import { VuPool } from './vu-pool.ts';

/** A start later than this after its intended time is counted as late: the generator fell behind. */
const LATE_MS = 10;

/**
 * Up to so many starts a second on a thread each is worth a wake-up of its own; of more, several are due in the millisecond
 * that is the grain of a timer.
 */
const EACH_ALONE = 1000;

interface StoppableClock extends Clock {
  stop(): Promise<void>;
}

export interface SegmentRunInput {
  readonly factory: VuFactory;
  readonly options: Options;
  readonly clock: Clock;
  /** Starts a clock with a finer grain, where arrivals are worth one. */
  readonly keepTime?: () => Promise<StoppableClock>;
  readonly counters: RunCounters;
  /** What of the test is this instance's, and what of that this thread's. */
  readonly instance: Split;
  readonly split: Split;
  /** A dropped iteration of a scenario, at a wall-clock time. */
  readonly onDropped: (scenario: string, time: number) => void;
  readonly log: (level: 'debug' | 'warning', message: string, fields: Readonly<Record<string, string>>) => void;
}

export interface ScenarioStatus extends ExecutorStatus {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done';
  /** Milliseconds since the scenario's start. */
  readonly elapsed: number;
}

export class SegmentRun {
  readonly #input: SegmentRunInput;
  readonly #pool: VuPool;
  readonly #rests: Rests;
  readonly #runs = new Map<string, ExecutorRun>();
  /** Scenarios that have ended, and when. */
  readonly #done = new Map<string, number>();
  readonly #starts: (() => void)[] = [];
  #starting: Promise<StoppableClock | undefined> | undefined;
  #timekeeper: Clock | undefined;
  #startAt = 0;
  #stopReason: string | undefined;

  constructor(input: SegmentRunInput) {
    this.#input = input;
    this.#pool = new VuPool(input.factory, input.instance, input.counters);
    this.#rests = new Rests(input.clock);
  }

  /** Makes the planned VUs. */
  async init(): Promise<void> {
    const { keepTime, options, split } = this.#input;
    const { scenarios } = options;
    const { plannedVUs } = requirements(scenarios, split);
    const long = lastsLong(scenarios);
    const starts = scenarios.reduce((sum, scenario) => sum + peakRate(scenario), 0) * shareOf(split);
    // Without it timers do, if not as well.
    if (long && starts > 0 && starts <= EACH_ALONE) this.#starting = keepTime?.().catch(() => undefined);
    await this.#pool.fill(plannedVUs, () => this.#stopReason !== undefined);
    this.#timekeeper = await this.#starting;
    if (plannedVUs > 1 && long) settleHeap();
  }

  /**
   * Settles when every scenario has ended.
   * @param startAt monotonic time of the test's start
   */
  async run(startAt: number): Promise<void> {
    this.#startAt = startAt;
    await Promise.all(this.#input.options.scenarios.map((scenario, index) => this.#runScenario(scenario, index)));
  }

  /** Ends the run now: running iterations are interrupted, later scenarios never begin. */
  stop(reason: string): void {
    this.#stopReason ??= reason;
    for (const cancel of this.#starts.splice(0)) cancel();
    for (const run of this.#runs.values()) run.stop(reason);
  }

  status(): readonly ScenarioStatus[] {
    return this.#input.options.scenarios.map(({ name, startTime }) => {
      const run = this.#runs.get(name);
      const now = this.#done.get(name) ?? this.#input.clock.now();
      const elapsed = Math.max(0, now - this.#startAt - startTime);
      if (!run) return { name, state: 'waiting', vus: 0, progress: 0, elapsed: 0 };
      return { name, state: this.#done.has(name) ? 'done' : 'running', elapsed, ...run.status() };
    });
  }

  async dispose(): Promise<void> {
    this.#pool.dispose();
    await (await this.#starting)?.stop();
  }

  async #runScenario(scenario: Scenario, index: number): Promise<void> {
    const startAt = this.#startAt + scenario.startTime;
    if (scenario.startTime > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#input.clock.at(startAt, resolve);
        this.#starts.push(() => {
          cancel();
          resolve();
        });
      });
    }
    if (this.#stopReason !== undefined) return;
    const run = startScenario(
      scenario,
      this.#host(scenario, index, startAt, () => run.status().progress),
    );
    this.#runs.set(scenario.name, run);
    await run.finished;
    this.#done.set(scenario.name, this.#input.clock.now());
  }

  #host(scenario: Scenario, index: number, startAt: number, progress: () => number): ExecutorHost {
    const { clock, counters, instance, split, onDropped, log, options } = this.#input;
    // Iterations are numbered by the VUs' division, as they are shared out by it.
    const numbering = instance.inProportionTo(vusOf(scenario));
    const shared = scenario.executor === 'shared-iterations' ? numbering.scale(scenario.iterations) : 0;
    const context: ScenarioContext = {
      name: scenario.name,
      executor: scenario.executor,
      exec: scenario.exec,
      env: scenario.env,
      tags: scenario.tags,
      startTime: clock.wall(startAt),
      progress,
      nextIteration(inInstance = counters.nextIteration(index)) {
        return { inInstance, inTest: numbering.global(inInstance) };
      },
    };
    const fields = { executor: scenario.executor, scenario: scenario.name };
    const shortest = options.minIterationDuration;
    return {
      clock,
      starts: this.#timekeeper ?? clock,
      split,
      startAt,
      takeVu: () => this.#pool.take(),
      initVu: () => this.#pool.make(),
      giveBack: (vu) => this.#pool.giveBack(vu),
      iterate: (vu, done, intended, lease) => {
        // Nobody asks for the time, nearly always.
        const begun = intended !== undefined || shortest > 0 ? clock.now() : 0;
        const delay = intended === undefined ? undefined : Math.max(0, begun - intended);
        if (delay !== undefined && delay > LATE_MS) counters.add('lateIterations', 1);
        const ended = (outcome: IterationOutcome): void => {
          counters.add(outcome.kind === 'interrupted' ? 'iterationsInterrupted' : 'iterationsCompleted', 1);
          if (shortest === 0 || outcome.kind === 'interrupted' || clock.now() >= begun + shortest) done();
          else this.#rests.begin(vu, begun + shortest, done);
        };
        vu.runIteration(context, ended, delay, lease);
      },
      interrupt: (vu, reason) => {
        if (!this.#rests.end(vu)) vu.interrupt(reason);
      },
      addActive: (change) => void counters.add('vusActive', change),
      takeShared: () => counters.takeShared(index, shared),
      leaseUntil(end): LeaseTerms | undefined {
        // The pause after a short iteration is made here.
        if (shortest > 0) return undefined;
        return {
          scenario: index,
          numbering: numbering.divisions,
          shared: scenario.executor === 'shared-iterations' ? shared : undefined,
          until: clock.wall(end),
        };
      },
      dropped() {
        counters.add('droppedIterations', 1);
        onDropped(scenario.name, clock.wall(clock.now()));
      },
      warn: (message) => log('warning', message, fields),
    };
  }
}

/** Samples of the scheduler itself carry the scenario, when that system tag is on. */
export function scenarioTags(root: TagSet, systemTags: readonly string[], scenario: string): TagSet {
  return systemTags.includes('scenario') ? root.with('scenario', scenario) : root;
}

/** The number of VUs that a scenario's iterations are divided by. */
function vusOf(scenario: Scenario): number {
  switch (scenario.executor) {
    case 'ramping-vus':
      return Math.max(scenario.startVUs, ...scenario.stages.map(({ target }) => target));
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate':
      return scenario.maxVUs;
    case 'shared-iterations':
    case 'per-vu-iterations':
    case 'constant-vus':
      return scenario.vus;
  }
}
