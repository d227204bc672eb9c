/** The values of the names a program binds at its top (PROGRAM_GLOBALS of contracts/script.ts), for one VU. */
import type { GuestContext, ScriptFunction } from './api.ts';
import { createConsole, createOpen } from './globals.ts';

/** Made when first read: most scripts use few of them, and there may be thousands of VUs. */
export class VuGlobals {
  readonly __ENV: Record<string, string>;
  readonly __VU: number;
  __ITER: number | undefined = undefined;
  readonly #ctx: GuestContext;
  readonly #promise: () => unknown;
  readonly #createCrypto: (ctx: GuestContext) => object;
  #console: object | undefined;
  #crypto: object | undefined;
  #open: ScriptFunction | undefined;

  /** @param promise gives the class the script knows as `Promise` */
  constructor(ctx: GuestContext, promise: () => unknown, createCrypto: (ctx: GuestContext) => object) {
    this.#ctx = ctx;
    this.#createCrypto = createCrypto;
    this.#promise = promise;
    this.__ENV = ctx.visibleEnv;
    this.__VU = ctx.idInInstance;
  }

  get Promise(): unknown {
    return this.#promise();
  }

  get console(): object {
    return (this.#console ??= createConsole(this.#ctx));
  }

  get open(): ScriptFunction {
    return (this.#open ??= createOpen(this.#ctx, this.#ctx.dir));
  }

  get crypto(): object {
    return (this.#crypto ??= this.#createCrypto(this.#ctx));
  }

  get setTimeout(): ScriptFunction {
    return this.#ctx.timers.setTimeout;
  }

  get clearTimeout(): ScriptFunction {
    return this.#ctx.timers.clearTimeout;
  }

  get setInterval(): ScriptFunction {
    return this.#ctx.timers.setInterval;
  }

  get clearInterval(): ScriptFunction {
    return this.#ctx.timers.clearInterval;
  }
}

/** A view through which nothing can be changed: strict code is told so by a TypeError. */
export function readOnly<T extends object>(target: T): T {
  const refuse = (): boolean => false;
  return new Proxy(target, {
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
}
