import type { AsyncOpHandler } from '../contracts/host.ts';

declare module '../contracts/host.ts' {
  interface AsyncOps {
    /** Waits; the argument in milliseconds. */
    sleep: { arg: number; result: undefined };
  }
}

/** Longest delay a Node timer takes; longer ones would fire at once. */
const maxDelay = 2 ** 31 - 1;

/** Sleeping and the timers of the guest. */
export const sleep: AsyncOpHandler<'sleep'> = (_io, ms, done) => {
  const end = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = end - performance.now();
    if (left <= 0) done({ ok: true, value: undefined });
    // Node rounds a timer's delay down and may fire up to a millisecond early; a sleep never ends early.
    else timer = setTimeout(wait, Math.min(Math.ceil(left), maxDelay));
  };
  timer = setTimeout(wait, Math.min(Math.ceil(ms), maxDelay));
  return () => {
    clearTimeout(timer);
  };
};
