/** The fiber of one VU: its one line of control, parked while an operation of the host is under way; and its jobs. */
import type { ArgOf, AsyncOp, AsyncOps, Outcome, ResultOf, VuHost } from '../../../contracts/host.ts';
import { type Deferred, type FiberRuntime, PENDING, type Pending, type ScriptFunction } from '../suspend.ts';
import { isAsyncFunction } from './async-functions.ts';
import { attach } from './forms.ts';
import { beginTurn, cs, type Frame, FrameStack, isBlocked, start } from './machine.ts';
import { createPromises, type JobQueue, type Promises } from './promise.ts';

const { apply } = Reflect;

/** Milliseconds that a loop of one VU may keep the thread from the others. */
const SLICE = 10;

type Done = (threw: boolean, value: unknown) => void;

export class Fibers implements FiberRuntime, JobQueue {
  #promises: Promises | undefined;
  readonly #host: VuHost;
  readonly #unhandled: (reason: unknown) => void;
  readonly #stack = new FrameStack();
  /** Makes the result of the operation under way. */
  #finish: ((outcome: Outcome<never>, arg: never) => unknown) | undefined;
  /** What that operation was given. */
  #arg: unknown;
  /** Goes on when what runs on the fiber has come to its end. */
  #then: Done | undefined;
  /** Told of the end of the macrotask that runs. */
  #done: Done | undefined;
  #jobs: (() => unknown)[] = [];
  #nextJob = 0;
  /** Made when a promise is first rejected with nobody to handle it. */
  #rejections: Map<object, unknown> | undefined;
  /** Operations begun before this number was raised are not waited for any more. */
  #life = 0;
  #wake: (outcome: Outcome<never>) => void = this.#waker();
  /** When the fiber's loops first asked since it got the thread; 0: not yet. */
  #since = 0;

  /** Told every reason a promise is rejected with. */
  readonly reason: (reason: unknown) => void;

  constructor(host: VuHost, unhandled: (reason: unknown) => void, reason: (reason: unknown) => void) {
    this.#host = host;
    this.reason = reason;
    this.#unhandled = unhandled;
  }

  /** Made when something asks for a promise: most scripts never do, and there may be thousands of VUs. */
  get promises(): Promises {
    return (this.#promises ??= createPromises(this));
  }

  attachLeaf(fn: ScriptFunction, entry: ScriptFunction): void {
    attach(fn, { enter: (self, args) => apply(isBlocked() ? fn : entry, self, args) });
  }

  attachFrame(fn: ScriptFunction, body: (this: unknown, ...args: unknown[]) => Frame): void {
    attach(fn, { enter: (self, args) => (isBlocked() ? apply(fn, self, args) : start(apply(body, self, args))) });
  }

  start(frame: Frame): unknown {
    return start(frame);
  }

  call(fn: ScriptFunction, self: unknown, args: readonly unknown[]): unknown {
    return cs(self, fn, args);
  }

  park<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    finish: (outcome: Outcome<ResultOf<AsyncOps[O]>>, arg: ArgOf<AsyncOps[O]>) => unknown,
  ): Pending {
    this.#finish = finish;
    this.#arg = arg;
    this.#host.begin(op, arg, this.#wake as (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void);
    return PENDING;
  }

  /** One function for all operations, until the fiber is halted: those under way then wake nobody. */
  #waker(): (outcome: Outcome<never>) => void {
    const life = this.#life;
    return (outcome) => {
      if (life === this.#life) this.#resume(outcome);
    };
  }

  #resume(outcome: Outcome<never>): void {
    const finish = this.#finish;
    const arg = this.#arg as never;
    this.#finish = this.#arg = undefined;
    this.#since = 0;
    beginTurn();
    let [threw, value]: [boolean, unknown] = [false, undefined];
    try {
      value = finish?.(outcome, arg);
    } catch (error) {
      this.#stack.locate(error);
      [threw, value] = [true, error];
    }
    const ended = this.#stack.resume(threw, value);
    if (ended) this.#end(ended.threw, ended.value);
  }

  /** Called by long loops: lets the other VUs run when this one has had its share. */
  turn(): unknown {
    if (isBlocked()) return undefined;
    const now = this.#host.now();
    if (this.#since === 0) this.#since = now;
    if (now - this.#since < SLICE) return undefined;
    return this.park('sleep', 0, () => undefined);
  }

  observe(value: unknown, settle: (value: unknown) => void, fail: (reason: unknown) => void): boolean {
    if (this.#promises?.is(value) !== true) return false;
    this.promises.whenSettled(value, settle, fail);
    return true;
  }

  isAsync(fn: ScriptFunction): boolean {
    return isAsyncFunction(fn) || Object.prototype.toString.call(fn) === '[object AsyncFunction]';
  }

  deferred(): Deferred {
    return this.promises.deferred();
  }

  run(fn: ScriptFunction, self: unknown, args: readonly unknown[], done: Done): void {
    this.#since = 0;
    this.#done = done;
    beginTurn();
    let value: unknown;
    try {
      value = cs(self, fn, args);
    } catch (error) {
      this.#ran(true, error);
      return;
    }
    this.#continue(value, this.#ran);
  }

  /** What {@link run} was given has come to its end: its jobs follow, then `done`. */
  readonly #ran: Done = (threw, value) => {
    this.#drain(() => {
      const done = this.#done;
      this.#done = undefined;
      done?.(threw, value);
    });
  };

  /** Runs something on the idle fiber, to its end or to its first wait; `then` follows its end. */
  #begin(body: () => unknown, then: Done): void {
    let value: unknown;
    try {
      value = body();
    } catch (error) {
      then(true, error);
      return;
    }
    this.#continue(value, then);
  }

  /** `then` follows at once, or when what waits has come to its end. */
  #continue(value: unknown, then: Done): void {
    if (value === PENDING) {
      this.#then = then;
      this.#stack.adopt();
    } else then(false, value);
  }

  #end(threw: boolean, value: unknown): void {
    const then = this.#then;
    this.#then = undefined;
    then?.(threw, value);
  }

  /** Runs the jobs, also those that they add, then reports rejections that nobody has handled. */
  #drain(then: () => void): void {
    // Jobs that end at once are run in a loop, so that many of them need no stack.
    let running = true;
    const life = this.#life;
    while (running && life === this.#life) {
      const job = this.#jobs[this.#nextJob++];
      if (job === undefined) break;
      let [atOnce, ended] = [true, false];
      this.#begin(job, (threw, value) => {
        ended = true;
        if (threw) this.#unhandled(value);
        if (!atOnce) this.#drain(then);
      });
      atOnce = false;
      running = ended;
    }
    if (!running || life !== this.#life) return;
    if (this.#nextJob > 1) this.#jobs = [];
    this.#nextJob = 0;
    const rejections = this.#rejections;
    this.#rejections = undefined;
    if (rejections !== undefined) for (const reason of [...rejections.values()]) this.#unhandled(reason);
    then();
  }

  add(job: () => unknown): void {
    this.#jobs[this.#jobs.length] = job;
  }

  rejected(promise: object, reason: unknown): void {
    (this.#rejections ??= new Map()).set(promise, reason);
  }

  handled(promise: object): void {
    this.#rejections?.delete(promise);
  }

  /** Forgets what waits and what is queued: nothing of the script runs any more, not even finally blocks. */
  halt(): void {
    this.#life++;
    this.#wake = this.#waker();
    this.#finish = this.#arg = undefined;
    this.#then = this.#done = undefined;
    this.#jobs = [];
    this.#nextJob = 0;
    this.#rejections = undefined;
    this.#stack.clear();
  }
}
