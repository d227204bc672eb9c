import { performance } from 'node:perf_hooks';
import type { Clock } from '../executors/clock.ts';
import type { ExecutionState } from './call-ops.ts';
import type { RunCounters } from './counters.ts';

/** What the run has come to know, for the script's questions on any thread. */
export class RunState implements ExecutionState {
  readonly clock: Clock;
  readonly onAbort: (message: string) => void;
  readonly onFail: (message: string) => void;
  counters: RunCounters | undefined;
  optionsJson: Readonly<Record<string, unknown>> | undefined;
  /** Wall-clock start of the run, 0 before: read by the other threads. */
  readonly startMemory: SharedArrayBuffer;
  readonly #start: Float64Array;

  constructor(
    clock: Clock,
    onAbort: (message: string) => void,
    onFail: (message: string) => void,
    startMemory = new SharedArrayBuffer(8),
  ) {
    this.clock = clock;
    this.onAbort = onAbort;
    this.onFail = onFail;
    this.startMemory = startMemory;
    this.#start = new Float64Array(startMemory);
  }

  get startedAt(): number | undefined {
    const wall = this.#start[0] ?? 0;
    return wall === 0 ? undefined : wall - performance.timeOrigin;
  }

  /** @returns the monotonic time of the start */
  start(): number {
    const now = this.clock.now();
    this.#start[0] = this.clock.wall(now);
    return now;
  }

  /** Milliseconds since the start. */
  elapsed(): number {
    const { startedAt } = this;
    return startedAt === undefined ? 0 : this.clock.now() - startedAt;
  }
}
