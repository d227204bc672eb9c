/** `setTimeout` and its kin, for the globals and for k6/timers. */
import { type GuestContext, native, type ScriptFunction } from './api.ts';

interface Timer {
  operation: number;
}

export interface TimerFunctions {
  readonly setTimeout: ScriptFunction;
  readonly clearTimeout: ScriptFunction;
  readonly setInterval: ScriptFunction;
  readonly clearInterval: ScriptFunction;
}

/** @param ctx its event loop waits for the timers */
export function createTimers(ctx: GuestContext): TimerFunctions {
  const timers = new Map<number, Timer>();
  let lastId = 0;

  const start = (name: string, repeats: boolean): ScriptFunction =>
    native(name, 1, (handler, delay, ...args) => {
      if (typeof handler !== 'function') throw new TypeError(`${name}: the handler must be a function`);
      const wait = Math.max(Number(delay) || 0, repeats ? 1 : 0);
      const id = ++lastId;
      const timer: Timer = { operation: 0 };
      const schedule = (): void => {
        timer.operation = ctx.loop.begin('sleep', wait, () => {
          if (!repeats) timers.delete(id);
          ctx.loop.run(handler as ScriptFunction, undefined, args, () => {
            if (repeats && timers.has(id)) schedule();
          });
        });
      };
      timers.set(id, timer);
      schedule();
      return id;
    });

  const stop = (name: string): ScriptFunction =>
    native(name, 1, (id) => {
      const timer = timers.get(id as number);
      if (timer === undefined) return;
      timers.delete(id as number);
      ctx.loop.cancel(timer.operation);
    });

  ctx.beforeIteration.push(() => {
    timers.clear();
  });
  return {
    setTimeout: start('setTimeout', false),
    clearTimeout: stop('clearTimeout'),
    setInterval: start('setInterval', true),
    clearInterval: stop('clearInterval'),
  };
}
