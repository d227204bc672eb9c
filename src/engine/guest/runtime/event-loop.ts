/** What keeps an iteration alive after its function has returned, and the macrotasks that run meanwhile. */
import type { ArgOf, AsyncOp, AsyncOps, Outcome, ResultOf } from '../../contracts/host.ts';
import type { Deferred, ScriptFunction } from './suspend.ts';

export interface EventLoop {
  /**
   * Starts an operation; `job` is called in a macrotask of the VU (never while a blocking call waits). The iteration
   * does not end before that, or before `cancel`.
   */
  begin<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    job: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
  ): number;
  cancel(id: number): void;
  /** Keeps the iteration alive (an open socket, an interval) until `release`. */
  retain(): void;
  release(): void;
  /**
   * Runs a script function as a macrotask of its own. An exception ends the iteration as an uncaught one. `done` is
   * called afterwards with the value returned, or with undefined after an exception.
   */
  run(fn: ScriptFunction, self: unknown, args: readonly unknown[], done?: (value: unknown) => void): void;
  /** A promise of the script's realm and class. */
  deferred(): Deferred;
}
