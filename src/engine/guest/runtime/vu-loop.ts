/** The event loop of one VU. */
import type { ArgOf, AsyncOp, AsyncOps, Outcome, ResultOf, VuHost } from '../../contracts/host.ts';
import type { EventLoop } from './event-loop.ts';
import type { Deferred, FiberRuntime, ScriptFunction } from './suspend.ts';
import { table } from './table.ts';

interface Job {
  readonly fn: ScriptFunction;
  readonly self: unknown;
  readonly args: readonly unknown[];
  readonly done: ((value: unknown) => void) | undefined;
}

const NONE: readonly Job[] = [];

/**
 * Without fibers every macrotask comes from the thread's own loop, which runs the microtasks after it; with fibers the
 * macrotasks queue here while one of them is suspended, and the fiber runtime runs the VU's microtasks.
 */
export class VuLoop implements EventLoop {
  readonly #host: VuHost;
  readonly #fibers: FiberRuntime | undefined;
  readonly #fail: (thrown: unknown) => void;
  readonly #turn: () => void;
  readonly #jobs: Job[] = [];
  /** Ids of pending operations; made when there is one. */
  #operations: Record<number, true> | undefined;
  #pending = 0;
  #running = false;
  /** Takes the value of the job that runs. */
  #done: Job['done'];

  /**
   * @param fail told of uncaught exceptions
   * @param turn called after each macrotask and its microtasks; with fibers only
   */
  constructor(host: VuHost, fibers: FiberRuntime | undefined, fail: (thrown: unknown) => void, turn: () => void) {
    this.#host = host;
    this.#fibers = fibers;
    this.#fail = fail;
    this.#turn = turn;
  }

  /** Something may still run. */
  get busy(): boolean {
    return this.#pending > 0 || this.#running || this.#jobs.length > 0;
  }

  begin<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    job: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void,
  ): number {
    const operations = (this.#operations ??= table<true>());
    const id = this.#host.begin(op, arg, (outcome) => {
      if (operations[id] !== true) return;
      Reflect.deleteProperty(operations, id);
      this.run(
        () => {
          this.#pending--;
          job(outcome);
        },
        undefined,
        [],
      );
    });
    operations[id] = true;
    this.#pending++;
    return id;
  }

  cancel(id: number): void {
    if (this.#operations?.[id] !== true) return;
    Reflect.deleteProperty(this.#operations, id);
    this.#pending--;
    this.#host.cancel(id);
  }

  retain(): void {
    this.#pending++;
  }

  release(): void {
    this.#pending--;
  }

  run(fn: ScriptFunction, self: unknown, args: readonly unknown[], done?: (value: unknown) => void): void {
    const fibers = this.#fibers;
    if (fibers === undefined) {
      let value: unknown;
      try {
        value = Reflect.apply(fn, self, args);
      } catch (thrown) {
        this.#fail(thrown);
      }
      done?.(value);
      return;
    }
    const job = { fn, self, args, done };
    if (this.#running) this.#jobs[this.#jobs.length] = job;
    else this.#runJob(fibers, job);
  }

  #runJob(fibers: FiberRuntime, { fn, self, args, done }: Job): void {
    this.#running = true;
    this.#done = done;
    fibers.run(fn, self, args, this.#ended);
  }

  readonly #ended = (threw: boolean, value: unknown): void => {
    const done = this.#done;
    this.#done = undefined;
    if (threw) this.#fail(value);
    done?.(threw ? undefined : value);
    const [next] = this.#jobs.length === 0 ? NONE : this.#jobs.splice(0, 1);
    if (next !== undefined && this.#fibers !== undefined) this.#runJob(this.#fibers, next);
    else {
      this.#running = false;
      this.#turn();
    }
  };

  deferred(): Deferred {
    return this.#fibers === undefined ? nativeDeferred() : this.#fibers.deferred();
  }

  /** Drops everything pending, at the end of an iteration that failed. */
  clear(): void {
    if (this.#operations !== undefined) {
      for (const id in this.#operations) this.#host.cancel(Number(id));
      this.#operations = undefined;
    }
    if (this.#jobs.length > 0) this.#jobs.length = 0;
    this.#pending = 0;
    this.#running = false;
  }
}

function nativeDeferred(): Deferred {
  let resolve!: (value: unknown) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<unknown>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
