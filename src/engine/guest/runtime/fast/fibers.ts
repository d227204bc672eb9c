/** The fiber of one VU: its one line of control, parked while an operation of the host is under way. */
import type { ArgOf, AsyncOp, AsyncOps, Outcome, ResultOf, VuHost } from '../../../contracts/host.ts';
import { type FiberRuntime, type Deferred, PENDING, type Pending, type ScriptFunction } from '../suspend.ts';
import { attach } from './forms.ts';
import { cs, type Frame, FrameStack, isBlocked, start } from './machine.ts';

const { apply } = Reflect;

type Done = (threw: boolean, value: unknown) => void;

export class Fibers implements FiberRuntime {
  readonly #host: VuHost;
  readonly #stack = new FrameStack();
  #finish: ((outcome: Outcome<never>) => unknown) | undefined;
  #done: Done | undefined;
  readonly #wake: (outcome: Outcome<never>) => void;

  constructor(host: VuHost) {
    this.#host = host;
    this.#wake = (outcome) => {
      const finish = this.#finish;
      if (!finish) return;
      this.#finish = undefined;
      let [threw, value]: [boolean, unknown] = [false, undefined];
      try {
        value = finish(outcome);
      } catch (error) {
        [threw, value] = [true, error];
      }
      const ended = this.#stack.resume(threw, value);
      if (ended) this.#end(ended.threw, ended.value);
    };
  }

  attachLeaf(fn: ScriptFunction, entry: ScriptFunction): void {
    attach(fn, { enter: (self, args) => apply(isBlocked() ? fn : entry, self, args) });
  }

  attachFrame(fn: ScriptFunction, body: (this: unknown, ...args: unknown[]) => Frame): void {
    attach(fn, { enter: (self, args) => (isBlocked() ? apply(fn, self, args) : start(apply(body, self, args))) });
  }

  call(fn: ScriptFunction, self: unknown, args: readonly unknown[]): unknown {
    return cs(self, fn, args);
  }

  park<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    finish: (outcome: Outcome<ResultOf<AsyncOps[O]>>) => unknown,
  ): Pending {
    this.#finish = finish;
    this.#host.begin(op, arg, this.#wake as (outcome: Outcome<ResultOf<AsyncOps[O]>>) => void);
    return PENDING;
  }

  deferred(): Deferred {
    let settle: Omit<Deferred, 'promise'> | undefined;
    const promise = new Promise<unknown>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (!settle) throw new Error('a promise called its executor late');
    return { promise, ...settle };
  }

  run(fn: ScriptFunction, self: unknown, args: readonly unknown[], done: Done): void {
    this.#done = done;
    let value: unknown;
    try {
      value = cs(self, fn, args);
    } catch (error) {
      this.#end(true, error);
      return;
    }
    if (value === PENDING) this.#stack.adopt();
    else this.#end(false, value);
  }

  observe(value: unknown, settle: (value: unknown) => void, fail: (reason: unknown) => void): boolean {
    if (!(value instanceof Promise)) return false;
    value.then(settle, fail);
    return true;
  }

  isAsync(fn: ScriptFunction): boolean {
    return Object.prototype.toString.call(fn) === '[object AsyncFunction]';
  }

  /** Ends the fiber where it waits: nothing of the script runs any more, not even finally blocks. */
  abandon(): void {
    this.#finish = undefined;
    this.#done = undefined;
    this.#stack.clear();
  }

  #end(threw: boolean, value: unknown): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(threw, value);
  }
}
