/** The state of one VU that its modules share. */
import type { Steps } from './api.ts';
import type { LazyModules } from './lazy-exports.ts';
import type { CallOp, CallOps, ArgOf, ResultOf, VuHost } from '../../contracts/host.ts';
import type { Metric, MetricType, TagSet, ValueKind } from '../../contracts/metrics.ts';
import type { EventLoop } from './event-loop.ts';
import type { FiberRuntime } from './suspend.ts';
import type { TimerFunctions } from './timers.ts';

/** Which function of the script is running. Requests, checks, groups and metrics are refused in `init`. */
export type Stage = 'init' | 'setup' | 'vu' | 'teardown' | 'summary';

/** What the guest knows of the running scenario. */
export interface GuestScenario {
  readonly name: string;
  readonly executor: string;
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Wall-clock milliseconds. */
  readonly startTime: number;
}

/** Counters of the running iteration, zero-based. */
export interface IterationNumbers {
  /** Iterations this VU has begun before, in all scenarios. */
  inVu: number;
  /** Iterations this VU has begun before in the running scenario. */
  inScenario: number;
  /** The scenario's iteration number in this engine instance and in the whole test. */
  inInstance: number;
  inTest: number;
}

export interface GuestContext {
  readonly host: VuHost;
  /** Undefined in exact mode. */
  readonly fibers: FiberRuntime | undefined;
  readonly loop: EventLoop;
  /** 0 in the evaluations that belong to no VU: options, setup, teardown, handleSummary. */
  readonly idInInstance: number;
  readonly idInTest: number;
  stage: Stage;
  scenario: GuestScenario | undefined;
  readonly iteration: IterationNumbers;
  /** The tags samples carry now: run, scenario, group and the VU's own tags. */
  tags: TagSet;
  /** Names and values of {@link tags} as the script sees them, whoever reads them; without `group`. */
  readonly ownTags: Record<string, string>;
  /** The VU's own metadata (`exec.vu.metrics.metadata`), undefined while there is none. */
  metadata: Readonly<Record<string, string>> | undefined;
  /** Path of the running group: empty at the root, else `::outer::inner`. */
  groupPath: string;
  /** The system tags that are on. */
  readonly systemTags: Readonly<Record<string, true>>;
  /** Folder that relative paths of `open()` resolve against; see `ProgramEnv.require`. */
  readonly dir: string;
  readonly env: Record<string, string>;
  /** {@link env} as the script sees it. */
  readonly visibleEnv: Record<string, string>;
  readonly timers: TimerFunctions;
  /** Makes `Math.random` repeatable for this VU. */
  seed(random: () => number): void;
  /** Modules whose exports are made when they are read. */
  readonly lazy: LazyModules;
  /** What the bodies of suspendable functions are given, made once. */
  readonly steps: { plain: Steps | undefined; fiber: Steps | undefined };
  /** Run at the start of each iteration, in the order modules asked for it (resetting cookies, for instance). */
  readonly beforeIteration: (() => void)[];
  /** Metrics used by modules, registered once; throws the script's own error when refused. */
  metric(name: string, type: MetricType, contains?: ValueKind): Metric;
  /** Calls the host; a refusal is thrown as an error of the script's realm. */
  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): ResultOf<CallOps[O]>;
}

/** Makes a k6 module for one VU: the returned object's own properties are its exports (`default` included). */
export type ModuleFactory = (ctx: GuestContext) => Record<string, unknown>;
