/** What `k6/execution` asks of the scheduler. */
import type { CallOp, CallOpHandler } from '../contracts/host.ts';
import type { Clock } from '../executors/clock.ts';
import type { RunCounters } from './counters.ts';

export interface InstanceNumbers {
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  readonly vusActive: number;
  readonly vusInitialized: number;
  /** Milliseconds. */
  readonly currentTestRunDuration: number;
}

declare module '../contracts/host.ts' {
  interface CallOps {
    'exec.instance': { arg: undefined; result: InstanceNumbers };
    /** JSON data of the consolidated options. */
    'exec.options': { arg: undefined; result: Readonly<Record<string, unknown>> };
    /** Ends the test: the VU that calls interrupts itself, the scheduler the others. */
    'exec.abort': { arg: { readonly message: string }; result: undefined };
    /** Marks the test as failed and lets it go on. */
    'exec.fail': { arg: { readonly message: string }; result: undefined };
  }
}

/** What the operations read and change; filled in as the run comes to know it. */
export interface ExecutionState {
  readonly clock: Clock;
  readonly counters: RunCounters | undefined;
  readonly optionsJson: Readonly<Record<string, unknown>> | undefined;
  /** Monotonic start of the test run. */
  readonly startedAt: number | undefined;
  /** Takes a script's wish to end the test. */
  readonly onAbort: (message: string) => void;
  readonly onFail: (message: string) => void;
}

type Handlers = { readonly [O in CallOp]?: CallOpHandler<O> };

export function executionCallHandlers(state: ExecutionState): Handlers {
  return {
    'exec.instance': () => {
      const { counters, startedAt, clock } = state;
      return {
        ok: true,
        value: {
          iterationsCompleted: counters?.get('iterationsCompleted') ?? 0,
          iterationsInterrupted: counters?.get('iterationsInterrupted') ?? 0,
          vusActive: counters?.get('vusActive') ?? 0,
          vusInitialized: counters?.get('vusInitialized') ?? 0,
          currentTestRunDuration: startedAt === undefined ? 0 : clock.now() - startedAt,
        },
      };
    },
    'exec.options': () => ({ ok: true, value: state.optionsJson ?? {} }),
    'exec.abort': (_io, { message }) => {
      state.onAbort(message);
      return { ok: true, value: undefined };
    },
    'exec.fail': (_io, { message }) => {
      state.onFail(message);
      return { ok: true, value: undefined };
    },
  };
}
